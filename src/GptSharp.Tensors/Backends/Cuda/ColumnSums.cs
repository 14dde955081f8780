using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>The second half of gradients that are sums over rows: blocks have left a row of partial sums each.</content>
public sealed unsafe partial class CudaBackend
{
    private CudaKernel?[] _columnSums = new CudaKernel?[2];

    /// <summary>Adds partial rows of binary32 up: the first C columns to one vector, the next C, if there are so many, to another.</summary>
    private void ColumnSums(Tensor first, Tensor second, nint partial, int rows, int channels, int columns, float betaFirst, float betaSecond)
    {
        DType type = first.IsNone ? second.DType : first.DType;
        ref CudaKernel? kernel = ref _columnSums[type == DType.BF16 ? 1 : 0];
        kernel ??= Kernel("column_sums", type == DType.BF16 ? "column_sums_bf16" : "column_sums_f32");
        Launch(
            kernel, new LaunchShape(Grid.Blocks(columns, 32), Grid.RowThreads),
            first.Address, second.Address, partial, rows, channels, columns, betaFirst, betaSecond);
    }
}
