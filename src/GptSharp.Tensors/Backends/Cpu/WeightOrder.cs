using GptSharp.Tensors.Backends.Cpu.Gemm;

namespace GptSharp.Tensors.Backends.Cpu;

/// <content>Weights that lie in panels for a while.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly HashSet<nint> _arranged = [];

    /// <inheritdoc/>
    public bool Arrange(Tensor weight)
    {
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        if (!WeightPanels.Fit(outputs, inputs, weight.DType, Path) || !_arranged.Add(AddressOf(weight)))
        {
            return false;
        }

        WeightPanels.Arrange((float*)AddressOf(weight), outputs, StepsOf(weight), _team);
        return true;
    }

    /// <inheritdoc/>
    public void Restore(Tensor weight)
    {
        if (_arranged.Remove(AddressOf(weight)))
        {
            WeightPanels.Restore((float*)AddressOf(weight), weight.Shape[0], StepsOf(weight), _team);
        }
    }

    private static nint AddressOf(Tensor weight) =>
        weight.DType == DType.BF16 ? (nint)weight.Pointer<BF16>() : (nint)weight.Pointer<float>();

    private static int StepsOf(Tensor weight) => weight.DType == DType.BF16 ? weight.Shape[1] / 2 : weight.Shape[1];

    private bool IsArranged(Tensor weight) => _arranged.Count > 0 && _arranged.Contains(AddressOf(weight));
}
