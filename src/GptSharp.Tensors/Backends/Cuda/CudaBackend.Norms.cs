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

    private CudaKernel?[] _columnSums = new CudaKernel?[2];

    /// <summary>Which kernels take rows of so many channels at these addresses.</summary>
    private static int NormWidthClass(int channels, DType type, params ReadOnlySpan<nint> addresses)
    {
        bool wholePacks = channels % (PackBytes / type.Size()) == 0;
        foreach (nint address in addresses)
        {
            wholePacks &= address % PackBytes == 0;
        }

        return !wholePacks || channels > Widest ? NormKernels.AnyWidth
            : channels > NormKernels.WidestNarrow ? NormKernels.WideWidth
            : (channels - 1) / NormKernels.NarrowWidthStep;
    }

    /// <summary>A block has as many warps as a wide row needs, or eight that take a row each.</summary>
    /// <param name="blocks">Of some rows each.</param>
    /// <param name="widthClass">See <see cref="NormWidthClass"/>.</param>
    /// <param name="channels">C.</param>
    /// <param name="narrowBytes">Of shared memory per channel in the kernels with a row per warp.</param>
    /// <param name="wideBytes">The same where a block shares a row.</param>
    private static LaunchShape NormShape(int blocks, int widthClass, int channels, int narrowBytes, int wideBytes)
    {
        int wideWarps = Blocks(channels, WideChannelsPerWarp);
        return widthClass switch
        {
            NormKernels.AnyWidth => new LaunchShape(blocks, RowThreads, 0),
            NormKernels.WideWidth => new LaunchShape(blocks, 32 * wideWarps, wideWarps * WideChannelsPerWarp * wideBytes),
            _ => new LaunchShape(blocks, RowThreads, (widthClass + 1) * NormKernels.NarrowWidthStep * narrowBytes),
        };
    }

    /// <summary>
    /// Blocks and rows per block of a forward kernel: where there are enough rows, 32 a block, so that weights cost little; 24 where it takes
    /// one after another, since that leaves more blocks.
    /// </summary>
    private static (int Blocks, int RowsPerBlock) NormForwardRows(long rows, int widthClass)
    {
        int most = widthClass == NormKernels.WideWidth ? 3 : 4;
        int rowsPerBlock = RowWarps * (widthClass == NormKernels.AnyWidth || rows < 2048 ? 1 : rows < 4096 ? 2 : most);
        return (Blocks(rows, rowsPerBlock), rowsPerBlock);
    }

    /// <summary>
    /// Blocks and rows per block of a backward kernel. Each block leaves a row of partial sums: 32 rows and more keep those below 0.1 of
    /// the bytes of x, dy and dx, and 512 blocks keep any GPU busy. Blocks that take one wide row after another are smaller and have to be
    /// more: 20 rows keep their sums below 0.14.
    /// </summary>
    private static (int Blocks, int RowsPerBlock) NormBackwardRows(long rows, int channels)
    {
        (int enough, int mostBlocks) = channels > NormKernels.WidestNarrow ? (20, 1024) : (4 * RowWarps, 512);
        int rowsPerBlock = Math.Max(rows < 1024 ? RowWarps : enough, RowWarps * Blocks(rows, mostBlocks * RowWarps));
        return (Blocks(rows, rowsPerBlock), rowsPerBlock);
    }

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
