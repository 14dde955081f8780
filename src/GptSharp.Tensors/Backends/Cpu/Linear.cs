using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Linear(Tensor y, Tensor x, Tensor weight, Tensor bias)
    {
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        _gemm.Run(
            y.Pointer<float>(), outputs,
            new Factor(x.Pointer<float>(), inputs, Operand.AsIs),
            new Factor(weight.Pointer<float>(), inputs, Operand.Transposed),
            bias.Pointer<float>(), Rows(x), outputs, inputs);
    }

    /// <inheritdoc/>
    public void LinearBackwardInput(Tensor dx, Tensor dy, Tensor weight, float beta)
    {
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        _gemm.Run(
            dx.Pointer<float>(), inputs,
            new Factor(dy.Pointer<float>(), outputs, Operand.AsIs),
            new Factor(weight.Pointer<float>(), inputs, Operand.AsIs),
            null, Rows(dy), inputs, outputs, beta: beta);
    }

    /// <inheritdoc/>
    public void LinearBackwardWeight(Tensor dWeight, Tensor dy, Tensor x, float beta)
    {
        (int outputs, int inputs) = (dWeight.Shape[0], dWeight.Shape[1]);
        _gemm.Run(
            dWeight.Pointer<float>(), inputs,
            new Factor(dy.Pointer<float>(), outputs, Operand.Transposed),
            new Factor(x.Pointer<float>(), inputs, Operand.AsIs),
            null, outputs, inputs, Rows(x), beta: beta);
    }

    /// <inheritdoc/>
    public void LinearBackwardBias(Tensor dBias, Tensor dy, float beta)
    {
        int columns = dBias.Shape[0];
        float* workspace = _scratch.Take<float>(ColumnSumKernel.WorkspaceCount(dy.Shape.Rows, columns));
        ColumnSumKernel.Run(
            dBias.Pointer<float>(), dy.Pointer<float>(), dy.Shape.Rows, columns, beta, workspace, _team);
    }
}
