using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>How LayerNorm and RMSNorm choose their kernels: by the width of the rows and their alignment.</content>
public sealed unsafe partial class CudaBackend
{
    private const int RowThreads = 256;
    private const int RowWarps = RowThreads / 32;
    private const int Widest = 8192;
    private const int WideChannelsPerWarp = 512; // 16 per thread
    private const int MostWideWarps = Widest / WideChannelsPerWarp;
    private const int MostBatch = 4;
    private const int WideSumBytes = 2 * MostBatch * 2 * MostWideWarps * sizeof(float);
    private const int FewRows = 256;
    private const int NarrowForwardRows = 12;

    private CudaKernel?[] _columnSums = new CudaKernel?[2];

    /// <summary>Which kernels take rows of so many channels at these addresses.</summary>
    private int NormWidthClass(int channels, DType type, params ReadOnlySpan<nint> addresses)
    {
        bool wholePacks = channels % (PackBytes / type.Size()) == 0;
        foreach (nint address in addresses)
        {
            wholePacks &= address % PackBytes == 0;
        }

        bool fits = StagedRowBytes(channels, type) + WideSumBytes <= _driver.Properties.SharedBytesPerBlock; // not 8192 of binary32 on Turing
        return !wholePacks || channels > Widest ? NormKernels.AnyWidth
            : channels <= NormKernels.WidestNarrow ? (channels - 1) / NormKernels.NarrowWidthStep
            : fits ? NormKernels.WideWidth : NormKernels.AnyWidth;
    }

    /// <summary>
    /// How a forward kernel is launched. Every block asks for the weights once, which adds a vector (RMSNorm) or two (LayerNorm) to the two
    /// of each of its rows: 12 or 24 rows keep that below 1.05 of the least. As many rows as fit are under way at once: twelve of a warp
    /// each, or as many wide ones as a block of 512 threads has warps for. Fewer than 256 rows would leave most multiprocessors without a
    /// block and are a few microseconds' work: eight to a block there.
    /// </summary>
    /// <param name="rows">Rows of the tensor.</param>
    /// <param name="channels">C.</param>
    /// <param name="widthClass">See <see cref="NormWidthClass"/>.</param>
    /// <param name="type">What is stored.</param>
    /// <param name="vectors">Weights and biases: 2, or 1.</param>
    private static (LaunchShape Shape, int RowsPerBlock) NormForward(long rows, int channels, int widthClass, DType type, int vectors)
    {
        int rowsPerBlock = widthClass == NormKernels.AnyWidth || rows < FewRows ? RowWarps : NarrowForwardRows * vectors, blocks = Blocks(rows, rowsPerBlock);
        int rowWarps = WideWarps(channels);
        LaunchShape shape = widthClass switch
        {
            NormKernels.AnyWidth => new LaunchShape(blocks, RowThreads, 0),
            NormKernels.WideWidth => new LaunchShape(blocks, 32 * rowWarps * Math.Min(MostWideWarps / rowWarps, rowsPerBlock), vectors * WideVectorBytes(channels, type)),
            _ => new LaunchShape(blocks, 32 * Math.Min(rowsPerBlock, NarrowForwardRows), (widthClass + 1) * NormKernels.NarrowWidthStep * vectors * type.Size()),
        };
        return (shape, rowsPerBlock);
    }

    /// <summary>How a backward kernel is launched: narrow rows by the warp, eight warps to a block; a wide row by a block.</summary>
    /// <inheritdoc cref="NormForward"/>
    private static LaunchShape NormBackwardShape(int blocks, int channels, int widthClass, DType type, int vectors, int batch) => widthClass switch
    {
        NormKernels.AnyWidth => new LaunchShape(blocks, RowThreads, 0),
        NormKernels.WideWidth => new LaunchShape(blocks, 32 * WideWarps(channels), batch * StagedRowBytes(channels, type)),
        _ => new LaunchShape(blocks, RowThreads, (widthClass + 1) * NormKernels.NarrowWidthStep * vectors * sizeof(float)),
    };

    /// <summary>
    /// Blocks and rows per block of a backward kernel. Each block leaves a row of partial sums for each of the vectors, which is written and
    /// read again: so many rows to a block keep those below 0.15 of the bytes of x, dy and dx, and the weights below 0.05. Some hundred
    /// blocks keep any GPU busy; blocks that take one wide row after another are smaller and have to be more. With fewer than 256 rows
    /// the sums weigh more, and blocks of eight rows spread over more multiprocessors.
    /// </summary>
    private static (int Blocks, int RowsPerBlock) NormBackwardRows(long rows, int channels, DType type, int vectors)
    {
        (int step, int mostBlocks) = channels > NormKernels.WidestNarrow ? (MostBatch, 1024) : (RowWarps, 512);
        int enough = Math.Max(7, Blocks(160 * vectors, 9 * type.Size())); // 8 bytes a sum, 3 tensors: 8 vectors <= 0.15 * 3 size rows
        int rowsPerBlock = rows < FewRows ? RowWarps : step * Blocks(Math.Max(enough, Blocks(rows, mostBlocks)), step);
        return (Blocks(rows, rowsPerBlock), rowsPerBlock);
    }

    /// <summary>
    /// Rows of which a wide backward kernel takes the sums before it passes a barrier: as many as a block's shared memory holds, up to four.
    /// Results do not depend on it.
    /// </summary>
    private int NormBatch(int channels, DType type)
    {
        int batch = MostBatch;
        while (batch > 1 && (batch * StagedRowBytes(channels, type)) + WideSumBytes > _driver.Properties.SharedBytesPerBlock)
        {
            batch /= 2;
        }

        return batch;
    }

    private static int WideWarps(int channels) => Blocks(channels, WideChannelsPerWarp);

    /// <summary>A wide row of x and one of dy in shared memory.</summary>
    private static int StagedRowBytes(int channels, DType type) => 2 * WideVectorBytes(channels, type);

    private static int WideVectorBytes(int channels, DType type) => WideWarps(channels) * WideChannelsPerWarp * type.Size();

    /// <summary>Adds partial rows of binary32 up: the first C columns to one vector, the next C, if there are so many, to another.</summary>
    private void ColumnSums(Tensor first, Tensor second, nint partial, int rows, int channels, int columns, float betaFirst, float betaSecond)
    {
        DType type = first.IsNone ? second.DType : first.DType;
        ref CudaKernel? kernel = ref _columnSums[type == DType.BF16 ? 1 : 0];
        kernel ??= Kernel("column_sums", type == DType.BF16 ? "column_sums_bf16" : "column_sums_f32");
        Launch(
            kernel, new LaunchShape(Blocks(columns, 32), RowThreads),
            first.Address, second.Address, partial, rows, channels, columns, betaFirst, betaSecond);
    }
}
