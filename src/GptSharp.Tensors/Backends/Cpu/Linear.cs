using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Linear(Tensor y, Tensor x, Tensor weight, Tensor bias, Tensor residual)
    {
        if (y.DType == DType.BF16)
        {
            Linear(y, x, weight, bias, Epilogue<BF16>.Residual(residual.Pointer<BF16>()));
        }
        else
        {
            Linear(y, x, weight, bias, Epilogue<float>.Residual(residual.Pointer<float>()));
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardInput(Tensor dx, Tensor dy, Tensor weight, float beta)
    {
        if (dx.DType == DType.BF16)
        {
            LinearBackwardInput<BF16>(dx, dy, weight, beta, default);
        }
        else
        {
            LinearBackwardInput<float>(dx, dy, weight, beta, default);
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardWeight(Tensor dWeight, Tensor dy, Tensor x, float beta)
    {
        switch (dWeight.DType, x.DType)
        {
            case (DType.BF16, _):
                LinearBackwardWeight<BF16, BF16>(dWeight, dy, x, beta);
                break;
            case (_, DType.BF16):
                LinearBackwardWeight<float, BF16>(dWeight, dy, x, beta);
                break;
            default:
                LinearBackwardWeight<float, float>(dWeight, dy, x, beta);
                break;
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardBias(Tensor dBias, Tensor dy, float beta)
    {
        switch (dBias.DType, dy.DType)
        {
            case (DType.BF16, _):
                LinearBackwardBias<BF16, BF16>(dBias, dy, beta);
                break;
            case (_, DType.BF16):
                LinearBackwardBias<float, BF16>(dBias, dy, beta);
                break;
            default:
                LinearBackwardBias<float, float>(dBias, dy, beta);
                break;
        }
    }

    private void Linear<TStorage>(Tensor y, Tensor x, Tensor weight, Tensor bias, Epilogue<TStorage> epilogue)
        where TStorage : unmanaged
    {
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        if (IsArranged(weight))
        {
            PanelProduct.Run(
                y.Pointer<TStorage>(), x.Pointer<TStorage>(), weight.Pointer<TStorage>(), bias.Pointer<TStorage>(),
                Rows(x), outputs, inputs, epilogue, _team);
            return;
        }

        _gemm.Run(
            y.Pointer<TStorage>(), outputs,
            new Factor<TStorage>(x.Pointer<TStorage>(), inputs, Operand.AsIs),
            new Factor<TStorage>(weight.Pointer<TStorage>(), inputs, Operand.Transposed),
            bias.Pointer<TStorage>(), Rows(x), outputs, inputs, epilogue: epilogue);
    }

    private void LinearBackwardInput<TStorage>(Tensor dx, Tensor dy, Tensor weight, float beta, Epilogue<TStorage> epilogue)
        where TStorage : unmanaged
    {
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        _gemm.Run(
            dx.Pointer<TStorage>(), inputs,
            new Factor<TStorage>(dy.Pointer<TStorage>(), outputs, Operand.AsIs),
            new Factor<TStorage>(weight.Pointer<TStorage>(), inputs, Operand.AsIs),
            null, Rows(dy), inputs, outputs, beta: beta, epilogue: epilogue);
    }

    private void LinearBackwardWeight<TGradient, TStorage>(Tensor dWeight, Tensor dy, Tensor x, float beta)
        where TGradient : unmanaged
        where TStorage : unmanaged
    {
        (int outputs, int inputs) = (dWeight.Shape[0], dWeight.Shape[1]);
        _gemm.Run(
            dWeight.Pointer<TGradient>(), inputs,
            new Factor<TStorage>(dy.Pointer<TStorage>(), outputs, Operand.Transposed),
            new Factor<TStorage>(x.Pointer<TStorage>(), inputs, Operand.AsIs),
            null, outputs, inputs, Rows(x), beta: beta);
    }

    private void LinearBackwardBias<TGradient, TStorage>(Tensor dBias, Tensor dy, float beta)
        where TGradient : unmanaged
        where TStorage : unmanaged
    {
        int columns = dBias.Shape[0];
        float* workspace = _scratch.Take<float>(ColumnSumKernel.WorkspaceCount(dy.Shape.Rows, columns));
        ColumnSumKernel.Run(
            dBias.Pointer<TGradient>(), dy.Pointer<TStorage>(), dy.Shape.Rows, columns, beta, workspace, _team);
    }
}
