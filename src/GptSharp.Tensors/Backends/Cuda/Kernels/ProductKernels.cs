using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Products;

namespace GptSharp.Tensors.Backends.Cuda.Kernels;

/// <summary>
/// The kernels of one product for every tile and type, each loaded when first used: <c>NAME_TILE_TYPES</c> in the image NAME, and those for
/// operands that lie in any way in <c>product_any</c>.
/// </summary>
/// <param name="name">The product, and the image with its kernels.</param>
/// <param name="anyName">The same epilogue for operands that lie in any way.</param>
internal sealed class ProductKernels(string name, string anyName)
{
    private static readonly string[] TileNames = ["any", "1x8", "4x16", "16x16", "64x64", "128x128", "128x256"];

    private readonly CudaKernel?[,] _kernels = new CudaKernel?[TileNames.Length, 3];

    /// <summary>
    /// The kernel for a tile; that for the next smaller one if a block has not so much shared memory (compute capability 8.6 and 8.9), or if the
    /// driver's compiler could not keep it in registers. The bits of the result are the same.
    /// </summary>
    /// <param name="tile">The tile that is wanted; afterwards the one that the kernel has.</param>
    /// <param name="type">Type of the operands.</param>
    /// <param name="result">Type of the result.</param>
    /// <param name="backend">Who loads it.</param>
    public CudaKernel For(ref ProductTile tile, DType type, DType result, CudaBackend backend)
    {
        while (TileSizes.Of(tile, type).SharedBytes > backend.Driver.Properties.SharedBytesPerBlock && tile > ProductTile.Tile64x64)
        {
            tile--;
        }

        CudaKernel kernel = Load(tile, type, result, backend);
        while (kernel.LocalBytes > 0 && tile > ProductTile.Tile64x64)
        {
            tile--;
            CudaKernel smaller = Load(tile, type, result, backend);
            backend.Driver.Log?.Invoke($"{kernel.Name} spills {kernel.LocalBytes} bytes per thread; {smaller.Name} takes its place.");
            kernel = smaller;
        }

        return kernel;
    }

    private CudaKernel Load(ProductTile tile, DType type, DType result, CudaBackend backend)
    {
        (int index, string types) = (type, result) switch
        {
            (DType.BF16, DType.F32) => (2, "bf16_f32"),
            (DType.BF16, _) => (1, "bf16"),
            _ => (0, "f32"),
        };
        return _kernels[(int)tile, index] ??= tile == ProductTile.Any
            ? backend.Kernel("product_any", $"{anyName}_{types}")
            : backend.Kernel(name, $"{name}_{TileNames[(int)tile]}_{types}");
    }
}
