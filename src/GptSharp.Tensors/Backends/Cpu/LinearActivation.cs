using GptSharp.Tensors.Backends.Cpu.Gemm;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void LinearActivation(Tensor y, Tensor pre, Tensor x, Tensor weight, Tensor bias, ActivationFunction function)
    {
        if (y.DType == DType.BF16)
        {
            Linear(y, x, weight, bias, Epilogue<BF16>.Activation(pre.Pointer<BF16>(), function));
        }
        else
        {
            Linear(y, x, weight, bias, Epilogue<float>.Activation(pre.Pointer<float>(), function));
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardInputActivation(
        Tensor dPre, Tensor dy, Tensor weight, Tensor pre, ActivationFunction function, float beta)
    {
        // The epilogue has the beta: what was there is not multiplied by the slope.
        if (dPre.DType == DType.BF16)
        {
            LinearBackwardInput(dPre, dy, weight, 0, Epilogue<BF16>.ActivationSlope(pre.Pointer<BF16>(), function, beta));
        }
        else
        {
            LinearBackwardInput(dPre, dy, weight, 0, Epilogue<float>.ActivationSlope(pre.Pointer<float>(), function, beta));
        }
    }
}
