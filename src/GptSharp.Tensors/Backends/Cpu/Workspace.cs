using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

/// <content>The scratch memory of a dry run: for each operation that takes some, the count that its method here takes.</content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Reserve(IOp op)
    {
        switch (op)
        {
            case LinearOp linear:
                Product(linear.Y, linear.X, Rows(linear.X), linear.Weight.Shape[0], linear.Weight.Shape[1], Operand.AsIs, Operand.Transposed);
                break;
            case LinearActivationOp linear:
                Product(linear.Y, linear.X, Rows(linear.X), linear.Weight.Shape[0], linear.Weight.Shape[1], Operand.AsIs, Operand.Transposed);
                break;
            case LinearBackwardInputActivationOp linear:
                _gemm.Reserve(
                    Rows(linear.Dy), linear.Weight.Shape[1], linear.Weight.Shape[0], Operand.AsIs, Operand.AsIs, linear.Dy.DType,
                    sumsInPlace: linear.DPre.DType == DType.F32 && linear.Beta == 0);
                break;
            case LinearBackwardInputOp linear:
                Product(linear.Dx, linear.Dy, Rows(linear.Dy), linear.Weight.Shape[1], linear.Weight.Shape[0], Operand.AsIs, Operand.AsIs);
                break;
            case LinearBackwardWeightOp linear:
                Product(
                    linear.DWeight, linear.X, linear.DWeight.Shape[0], linear.DWeight.Shape[1], Rows(linear.X),
                    Operand.Transposed, Operand.AsIs);
                break;
            case LinearBackwardBiasOp bias:
                _scratch.Reserve<float>(ColumnSumKernel.WorkspaceCount(bias.Dy.Shape.Rows, bias.DBias.Shape[0]));
                break;
            case AttentionOp attention:
                _scratch.Reserve<float>(AttentionKernel.WorkspaceCount(ShapeOf(attention.Qkv, attention.Form), _team.ThreadCount));
                break;
            case AttentionBackwardOp attention:
                _scratch.Reserve<float>(AttentionBackwardKernel.WorkspaceCount(ShapeOf(attention.Qkv, attention.Form), _team.ThreadCount));
                break;
            case CachedAttentionOp attention:
                _scratch.Reserve<float>(AttentionKernel.WorkspaceCount(
                    CachedShapeOf(attention.Qkv, attention.Keys, attention.Form), _team.ThreadCount));
                break;
            case EmbeddingBackwardOp embedding:
                _scratch.Reserve<int>(EmbeddingKernel.WorkspaceCount(checked((int)embedding.Indices.Count), Rows(embedding.DTable)));
                break;
            case LayerNormBackwardOp norm:
                _scratch.Reserve<float>(LayerNormKernel.WorkspaceCount(Rows(norm.X), norm.X.Shape.Last));
                break;
            case RMSNormBackwardOp norm:
                _scratch.Reserve<float>(RMSNormKernel.WorkspaceCount(Rows(norm.X), norm.X.Shape.Last));
                break;
            case HeadNormBackwardOp norm:
                _scratch.Reserve<float>(HeadNormKernel.WorkspaceCount(HeadsOf(norm.Qkv, norm.Form)));
                break;
            case GradientNormOp norm:
                _scratch.Reserve<double>(SquaredNormKernel.WorkspaceCount(norm.Gradients.Count));
                break;
        }

        void Product(Tensor result, Tensor factor, int m, int n, int k, Operand a, Operand b) =>
            _gemm.Reserve(m, n, k, a, b, factor.DType, sumsInPlace: result.DType == DType.F32);
    }
}
