using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Gelu(Tensor y, Tensor x, GeluForm form) =>
        GeluKernel.Forward(y.Pointer<float>(), x.Pointer<float>(), y.Count, form, _team);

    /// <inheritdoc/>
    public void GeluBackward(Tensor dx, Tensor dy, Tensor x, GeluForm form, float beta) => GeluKernel.Backward(
        dx.Pointer<float>(), dy.Pointer<float>(), x.Pointer<float>(), dx.Count, form, beta, _team);
}
