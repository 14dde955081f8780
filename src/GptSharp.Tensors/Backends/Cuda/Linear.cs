using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;
using GptSharp.Tensors.Backends.Cuda.Products;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>
/// One launch per product; a weight's gradient whose sums are cut into slices takes a second one that adds them. What happens to a
/// result before it is stored is the kernel's epilogue, see <c>kernels/epilogue.cuh</c>, whose fields are the first parameters of the launch.
/// </content>
public sealed unsafe partial class CudaBackend
{
    private const int BiasWarps = 8, ShortestBiasSlice = 256, MostBiasSlices = 128;

    private readonly ProductTile? _productTile;
    private readonly ProductKernels _linear = new("linear", "product_any");
    private readonly ProductKernels _linearActivation = new("linear_activation", "product_activation_any");
    private readonly ProductKernels _linearBackwardInput = new("linear_backward_input", "product_any");
    private readonly ProductKernels _linearBackwardInputActivation = new("linear_backward_input_activation", "product_slope_any");
    private readonly ProductKernels _linearBackwardWeight = new("linear_backward_weight", "product_any");
    private KernelPair _linearBackwardWeightSum = new("linear_backward_weight", "linear_backward_weight_sum");
    private KernelPair _linearBackwardBias = new("linear_backward_bias", "linear_backward_bias");
    private KernelPair _linearBackwardBiasSum = new("linear_backward_bias", "linear_backward_bias_sum");

    /// <inheritdoc/>
    public void Linear(Tensor y, Tensor x, Tensor weight, Tensor bias, Tensor residual) => LaunchProduct(
        _linear, new ProductSize(x.Shape.Rows, weight.Shape[0], weight.Shape[1], ProductForm.NT), y.DType, x, weight,
        y.Address | bias.Address | residual.Address, [y.Address, bias.Address, residual.Address, residual.IsNone ? 0f : 1f]);

    /// <inheritdoc/>
    public void LinearActivation(Tensor y, Tensor pre, Tensor x, Tensor weight, Tensor bias, ActivationFunction function) => LaunchProduct(
        _linearActivation, new ProductSize(x.Shape.Rows, weight.Shape[0], weight.Shape[1], ProductForm.NT), y.DType, x, weight,
        y.Address | pre.Address | bias.Address, [y.Address, pre.Address, bias.Address, (int)function]);

    /// <inheritdoc/>
    public void LinearBackwardInput(Tensor dx, Tensor dy, Tensor weight, float beta) => LaunchProduct(
        _linearBackwardInput, new ProductSize(dy.Shape.Rows, weight.Shape[1], weight.Shape[0], ProductForm.NN), dx.DType, dy, weight,
        dx.Address, [dx.Address, 0L, dx.Address, beta]);

    /// <inheritdoc/>
    public void LinearBackwardInputActivation(
        Tensor dPre, Tensor dy, Tensor weight, Tensor pre, ActivationFunction function, float beta) => LaunchProduct(
        _linearBackwardInputActivation, new ProductSize(dy.Shape.Rows, weight.Shape[1], weight.Shape[0], ProductForm.NN), dPre.DType, dy, weight,
        dPre.Address | pre.Address, [dPre.Address, pre.Address, beta, (int)function]);

    /// <inheritdoc/>
    public void LinearBackwardWeight(Tensor dWeight, Tensor dy, Tensor x, float beta)
    {
        var size = new ProductSize(dWeight.Shape[0], dWeight.Shape[1], dy.Shape.Rows, ProductForm.TN);
        int slices = ProductRoute.Slices(size, dy.DType, dWeight.DType);
        if (slices == 1 || !IsAligned(dy.Address | x.Address | dWeight.Address))
        {
            LaunchProduct(_linearBackwardWeight, size, dWeight.DType, dy, x, dWeight.Address, [dWeight.Address, 0L, dWeight.Address, beta]);
            return;
        }

        nint sums = Workspace(WeightWorkspaceBytes(size, slices));
        LaunchProduct(_linearBackwardWeight, size, DType.F32, dy, x, sums, [sums, 0L, 0L, 0f], slices);
        Launch(
            _linearBackwardWeightSum.For(dWeight.DType, this), new LaunchShape(Grid.Blocks(dWeight.Count, 1024), 256),
            dWeight.Address, sums, beta, dWeight.Count, slices);
    }

    /// <inheritdoc/>
    public void LinearBackwardBias(Tensor dBias, Tensor dy, float beta)
    {
        (int rows, int columns) = (checked((int)dy.Shape.Rows), dy.Shape.Last);
        int slice = BiasSlice(rows), slices = Grid.Blocks(rows, slice), pack = 16 / dy.DType.Size();
        nint sums = Workspace(BiasWorkspaceBytes(rows, columns));
        Launch(
            _linearBackwardBias.For(dy.DType, this), new LaunchShape(Grid.Blocks(columns, 32 * pack), slices, 1, 32 * BiasWarps, 0),
            sums, dy.Address, rows, columns, slice);
        Launch(
            _linearBackwardBiasSum.For(dBias.DType, this), new LaunchShape(Grid.Blocks(columns, 32), 32 * BiasWarps),
            dBias.Address, sums, beta, columns, slices);
    }

    /// <summary>The slices' sums, where there are several.</summary>
    private static long LinearBackwardWeightWorkspaceBytes(in LinearBackwardWeightOp op)
    {
        var size = new ProductSize(op.DWeight.Shape[0], op.DWeight.Shape[1], op.Dy.Shape.Rows, ProductForm.TN);
        return WeightWorkspaceBytes(size, ProductRoute.Slices(size, op.Dy.DType, op.DWeight.DType));
    }

    private static long WeightWorkspaceBytes(ProductSize size, int slices) => slices == 1 ? 0 : slices * size.M * size.N * sizeof(float);

    /// <summary>A row of binary32 sums for each slice.</summary>
    private static long BiasWorkspaceBytes(int rows, int columns) => (long)Grid.Blocks(rows, BiasSlice(rows)) * columns * sizeof(float);

    private static int BiasSlice(int rows) => Math.Max(ShortestBiasSlice, (rows + MostBiasSlices - 1) / MostBiasSlices);

    // Whether 16 bytes can be moved at a time, given the addresses ORed.
    private static bool IsAligned(nint addresses) => (addresses & 15) == 0;

    /// <summary>Launches a product with the kernel that <see cref="ProductRoute"/> gives.</summary>
    /// <param name="kernels">The product's kernels.</param>
    /// <param name="size">Its sizes.</param>
    /// <param name="result">Type of the result.</param>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="addresses">All addresses in the epilogue, ORed.</param>
    /// <param name="epilogue">The fields of the epilogue.</param>
    /// <param name="slices">Slices of the sums.</param>
    private void LaunchProduct(
        ProductKernels kernels, ProductSize size, DType result, Tensor a, Tensor b,
        nint addresses, ReadOnlySpan<KernelParameter> epilogue, int slices = 1)
    {
        Span<KernelParameter> parameters = stackalloc KernelParameter[13];
        epilogue.CopyTo(parameters);
        int count = epilogue.Length;
        parameters[count++] = a.Address;
        parameters[count++] = b.Address;
        parameters[count++] = checked((int)size.M);
        parameters[count++] = checked((int)size.N);
        parameters[count++] = checked((int)size.K);

        DType type = a.DType;
        ProductTile tile = ProductRoute.Tile(size, type, result, IsAligned(addresses | a.Address | b.Address));
        if (_productTile is { } other && tile >= ProductTile.Tile64x64)
        {
            tile = (ProductTile)Math.Min((int)other, (int)ProductRoute.Largest(type));
        }

        CudaKernel kernel = kernels.For(ref tile, type, result, this);
        if (tile == ProductTile.Any)
        {
            (parameters[count++], parameters[count++]) = size.StridesOfA;
            (parameters[count++], parameters[count++]) = size.StridesOfB;
        }
        else if (size.Form == ProductForm.TN)
        {
            parameters[count++] = ProductRoute.SliceLength(size, slices);
        }

        TileSizes sizes = TileSizes.Of(tile, type);
        Launch(
            kernel, new LaunchShape(checked((int)sizes.Blocks(size)), slices, 1, sizes.Threads, sizes.SharedBytes), parameters[..count]);
    }
}
