using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>How LayerNorm and RMSNorm choose their kernels: by the width of the rows and their alignment.</content>
public sealed unsafe partial class CudaBackend
{
    private const int RowThreads = 256;
    private const int RowWarps = RowThreads / 32;
    private const int NarrowWidthStep = 256;
    private const int WidestNarrow = 1024;

    private CudaKernel?[] _columnSums = new CudaKernel?[2];

    /// <summary>The kernels of one normalisation, by width class and type: up to 256, 512, 768 and 1024 channels, and any.</summary>
    private struct NormKernels(string image, string name)
    {
        private readonly CudaKernel?[] _kernels = new CudaKernel?[2 * (AnyWidth + 1)];

        /// <summary>The width class of rows that no other kernel takes.</summary>
        public const int AnyWidth = WidestNarrow / NarrowWidthStep;

        /// <summary>A kernel.</summary>
        public readonly CudaKernel For(int widthClass, DType type, CudaBackend backend)
        {
            ref CudaKernel? kernel = ref _kernels[(2 * widthClass) + (type == DType.BF16 ? 1 : 0)];
            return kernel ??= backend.Kernel(image, name + Width(widthClass) + (type == DType.BF16 ? "_bf16" : "_f32"));
        }

        private static string Width(int widthClass) => widthClass == AnyWidth
            ? "_any"
            : FormattableString.Invariant($"_{NarrowWidthStep * (widthClass + 1)}");
    }

    /// <summary>Which kernels take rows of so many channels at these addresses.</summary>
    private static int NormWidthClass(int channels, DType type, params ReadOnlySpan<nint> addresses)
    {
        bool wholePacks = channels % (PackBytes / type.Size()) == 0;
        foreach (nint address in addresses)
        {
            wholePacks &= address % PackBytes == 0;
        }

        return wholePacks && channels <= WidestNarrow ? (channels - 1) / NarrowWidthStep : NormKernels.AnyWidth;
    }

    /// <summary>Blocks and rows per block of a forward kernel: 32 rows where there are enough, so that weights cost little.</summary>
    private static (int Blocks, int RowsPerBlock) NormForwardRows(long rows, int widthClass)
    {
        int rowsPerBlock = widthClass == NormKernels.AnyWidth || rows < 2048 ? RowWarps : rows < 4096 ? 2 * RowWarps : 4 * RowWarps;
        return (Blocks(rows, rowsPerBlock), rowsPerBlock);
    }

    /// <summary>
    /// Blocks and rows per block of a backward kernel. Each block leaves a row of partial sums: 32 rows and more keep those below 0.1 of
    /// the bytes of x, dy and dx, and 512 blocks keep any GPU busy.
    /// </summary>
    private static (int Blocks, int RowsPerBlock) NormBackwardRows(long rows)
    {
        int rowsPerBlock = RowWarps * Math.Max(rows < 1024 ? 1 : 4, Blocks(rows, 512 * RowWarps));
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
