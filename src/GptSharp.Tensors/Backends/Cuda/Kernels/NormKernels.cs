using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Kernels;

/// <summary>The kernels of one normalisation, by width class and type: up to 256, 512, 768, 1024 and 8192 channels, and any.</summary>
internal readonly struct NormKernels(string image, string name)
{
    private readonly CudaKernel?[] _kernels = new CudaKernel?[2 * (PairWidth + 1)];

    /// <summary>How much wider the rows of each class are than those of the one before, up to <see cref="WidestNarrow"/>.</summary>
    public const int NarrowWidthStep = 256;

    /// <summary>Channels of the widest rows that a warp takes by itself.</summary>
    public const int WidestNarrow = 1024;

    /// <summary>The width class of rows that a block shares.</summary>
    public const int WideWidth = WidestNarrow / NarrowWidthStep;

    /// <summary>The width class of rows that no other kernel takes.</summary>
    public const int AnyWidth = WideWidth + 1;

    /// <summary>Wide rows of binary32 of which shared memory holds one and a half: backward only.</summary>
    public const int PairWidth = AnyWidth + 1;

    /// <summary>A kernel.</summary>
    public readonly CudaKernel For(int widthClass, DType type, CudaBackend backend)
    {
        ref CudaKernel? kernel = ref _kernels[(2 * widthClass) + (type == DType.BF16 ? 1 : 0)];
        return kernel ??= backend.Kernel(image, name + Width(widthClass) + (type == DType.BF16 ? "_bf16" : "_f32"));
    }

    private static string Width(int widthClass) => widthClass switch
    {
        AnyWidth => "_any",
        PairWidth => "_pair",
        WideWidth => "_wide",
        _ => FormattableString.Invariant($"_{NarrowWidthStep * (widthClass + 1)}"),
    };
}
