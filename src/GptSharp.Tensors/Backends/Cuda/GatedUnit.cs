using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private KernelPair _gatedUnit = new("gated_unit", "gated_unit");
    private KernelPair _gatedUnitBackward = new("gated_unit", "gated_unit_backward");

    /// <inheritdoc/>
    public void GatedUnit(Tensor y, Tensor x, ActivationFunction gate) =>
        Launch(_gatedUnit.For(y.DType, this), GatedUnitShape(y), y.Address, x.Address, y.Shape.Last, (int)gate);

    /// <inheritdoc/>
    public void GatedUnitBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction gate, float beta) => Launch(
        _gatedUnitBackward.For(dy.DType, this), GatedUnitShape(dy), dx.Address, dy.Address, x.Address, dy.Shape.Last, (int)gate, beta);

    // A block per row and as many columns as its threads have packs.
    private static LaunchShape GatedUnitShape(Tensor y)
    {
        int packs = Grid.Blocks(y.Shape.Last, Grid.PackBytes / y.DType.Size());
        int threads = Math.Min(32 * Grid.Blocks(packs, 32), Grid.ElementwiseThreads);
        return new LaunchShape((checked((int)y.Shape.Rows), Grid.Blocks(packs, threads)), threads);
    }
}
