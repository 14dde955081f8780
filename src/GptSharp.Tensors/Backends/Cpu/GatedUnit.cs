using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void GatedUnit(Tensor y, Tensor x, ActivationFunction gate)
    {
        if (y.DType == DType.BF16)
        {
            GatedUnitKernel.Forward(y.Pointer<BF16>(), x.Pointer<BF16>(), Rows(y), y.Shape.Last, gate, _team);
        }
        else
        {
            GatedUnitKernel.Forward(y.Pointer<float>(), x.Pointer<float>(), Rows(y), y.Shape.Last, gate, _team);
        }
    }

    /// <inheritdoc/>
    public void GatedUnitBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction gate, float beta)
    {
        if (dx.DType == DType.BF16)
        {
            GatedUnitKernel.Backward(
                dx.Pointer<BF16>(), dy.Pointer<BF16>(), x.Pointer<BF16>(), Rows(dy), dy.Shape.Last, gate, beta, _team);
        }
        else
        {
            GatedUnitKernel.Backward(
                dx.Pointer<float>(), dy.Pointer<float>(), x.Pointer<float>(), Rows(dy), dy.Shape.Last, gate, beta, _team);
        }
    }
}
