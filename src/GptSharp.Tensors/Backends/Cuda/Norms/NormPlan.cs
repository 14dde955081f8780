using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda.Norms;

/// <summary>How LayerNorm and RMSNorm choose their kernels and blocks: by the width of the rows, their alignment and their number.</summary>
/// <param name="Channels">C.</param>
/// <param name="Type">What is stored.</param>
/// <param name="Vectors">Weights and biases: 2, or 1.</param>
/// <param name="SharedBytes">Shared memory that a block of the device can have.</param>
internal readonly record struct NormPlan(int Channels, DType Type, int Vectors, int SharedBytes)
{
    private const int RowWarps = Grid.RowThreads / 32;
    private const int Widest = 8192;
    private const int WideChannelsPerWarp = 512; // 16 per thread
    private const int MostWideWarps = Widest / WideChannelsPerWarp;
    private const int MostBatch = 4;
    private const int WideSumBytes = 2 * MostBatch * 2 * MostWideWarps * sizeof(float);
    private const int FewRows = 256;
    private const int ManyBlocks = 256;
    private const int NarrowForwardRows = 10, WideForwardRows = 12; // wide ones go by twos and fours

    private int WideWarps => Grid.Blocks(Channels, WideChannelsPerWarp);

    private int WideVectorBytes => WideWarps * WideChannelsPerWarp * Type.Size();

    /// <summary>A wide row of x and one of dy in shared memory.</summary>
    private int StagedRowBytes => 2 * WideVectorBytes;

    /// <summary>Which kernels take rows at these addresses: a width class of <see cref="NormKernels"/>.</summary>
    public int Width(params ReadOnlySpan<nint> addresses)
    {
        bool wholePacks = Channels % (Grid.PackBytes / Type.Size()) == 0;
        foreach (nint address in addresses)
        {
            wholePacks &= address % Grid.PackBytes == 0;
        }

        return !wholePacks || Channels > Widest ? NormKernels.AnyWidth
            : Channels <= NormKernels.WidestNarrow ? (Channels - 1) / NormKernels.NarrowWidthStep
            : Fits(StagedRowBytes) ? NormKernels.WideWidth : NormKernels.AnyWidth; // not 8192 of binary32 on Turing
    }

    /// <summary>
    /// How a forward kernel is launched. Every block asks for the weights once, which adds a vector (RMSNorm) or two (LayerNorm) to the two
    /// of each of its rows: 10 or 20 rows keep that below 1.05 of the least. As many rows as fit are under way at once: ten of a warp
    /// each, or as many wide ones as a block of 512 threads has warps for. Of fewer than 256 rows see <see cref="FewRowsPerBlock"/>.
    /// </summary>
    /// <param name="rows">Rows of the tensor.</param>
    /// <param name="width">See <see cref="Width"/>.</param>
    public (LaunchShape Shape, int RowsPerBlock) Forward(long rows, int width)
    {
        int rowsPerBlock = width == NormKernels.AnyWidth ? RowWarps
            : rows < FewRows ? FewRowsPerBlock(rows)
            : Vectors * (width == NormKernels.WideWidth ? WideForwardRows : NarrowForwardRows);
        int blocks = Grid.Blocks(rows, rowsPerBlock);
        LaunchShape shape = width switch
        {
            NormKernels.AnyWidth => new LaunchShape(blocks, Grid.RowThreads),
            NormKernels.WideWidth => new LaunchShape(blocks, 32 * WideWarps * Math.Min(MostWideWarps / WideWarps, rowsPerBlock), Vectors * WideVectorBytes),
            _ => new LaunchShape(blocks, 32 * Math.Min(rowsPerBlock, NarrowForwardRows), (width + 1) * NormKernels.NarrowWidthStep * Vectors * Type.Size()),
        };
        return (shape, rowsPerBlock);
    }

    /// <summary>
    /// Blocks and rows per block of a backward kernel. Each block leaves a row of partial sums for each of the vectors, which is written and
    /// read again: so many rows to a block keep those below 0.15 of the bytes of x, dy and dx, and the weights below 0.05. Some hundred
    /// blocks keep any GPU busy; blocks that take one wide row after another are smaller and have to be more. Where there are that many
    /// blocks, each gives its warps the same number of rows. Of fewer than 256 rows see <see cref="FewRowsPerBlock"/>.
    /// </summary>
    public static (int Blocks, int RowsPerBlock) BackwardRows(long rows, int channels, DType type, int vectors)
    {
        (int step, int mostBlocks) = channels > NormKernels.WidestNarrow ? (MostBatch, 1024) : (RowWarps, 512);
        int enough = Math.Max(7, Grid.Blocks(175 * vectors, 9 * type.Size())); // 8 bytes a sum, 3 tensors: 8 vectors <= 0.137 * 3 size rows
        int rowsPerBlock = rows < FewRows ? FewRowsPerBlock(rows) : Math.Max(enough, Grid.Blocks(rows, mostBlocks));
        if (channels > NormKernels.WidestNarrow || rows / rowsPerBlock >= ManyBlocks)
        {
            rowsPerBlock = step * Grid.Blocks(rowsPerBlock, step);
        }

        return (Grid.Blocks(rows, rowsPerBlock), rowsPerBlock);
    }

    /// <summary>
    /// Few rows would leave most multiprocessors without a block, and those with one have its instructions to issue: spread over more
    /// blocks they are done sooner, though every block asks for the weights and leaves partial sums.
    /// </summary>
    private static int FewRowsPerBlock(long rows) => rows < FewRows / 2 ? 4 : 8;

    /// <summary>
    /// Which backward kernel takes rows of a width class, and the rows of which a wide one takes the sums before it passes a barrier: as many
    /// as a block's shared memory holds, up to four. Where it holds one row and a half, the rest of a second waits in registers, unless
    /// the driver's compiler has too few of them for that kernel. Results do not depend on it.
    /// </summary>
    public (CudaKernel Kernel, int Width, int Batch) Backward(NormKernels kernels, int width, CudaBackend backend)
    {
        int batch = MostBatch;
        while (batch > 1 && !Fits(batch * StagedRowBytes))
        {
            batch /= 2;
        }

        if (width == NormKernels.WideWidth && batch == 1 && Type == DType.F32 && Fits(3 * WideVectorBytes)
            && kernels.For(NormKernels.PairWidth, Type, backend) is { LocalBytes: 0 } pair)
        {
            return (pair, NormKernels.PairWidth, 2);
        }

        return (kernels.For(width, Type, backend), width, batch);
    }

    /// <summary>How a backward kernel is launched: narrow rows by the warp, eight warps to a block; a wide row by a block.</summary>
    public LaunchShape BackwardShape(int blocks, int width, int batch) => width switch
    {
        NormKernels.AnyWidth => new LaunchShape(blocks, Grid.RowThreads),
        NormKernels.WideWidth => new LaunchShape(blocks, 32 * WideWarps, batch * StagedRowBytes),
        NormKernels.PairWidth => new LaunchShape(blocks, 32 * WideWarps, 3 * WideVectorBytes),
        _ => new LaunchShape(blocks, Grid.RowThreads, (width + 1) * NormKernels.NarrowWidthStep * Vectors * sizeof(float)),
    };

    private bool Fits(int bytes) => bytes + WideSumBytes <= SharedBytes;
}
