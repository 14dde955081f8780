using GptSharp.Tensors.Backends.Cpu.Gemm;

namespace GptSharp.Tensors.Backends.Cpu;

/// <content>Weights that lie in panels for a while.</content>
public sealed unsafe partial class CpuBackend
{
    // By address, and with their bytes.
    private readonly Dictionary<nint, long> _arranged = [];
    private nint _arrangedStart = nint.MaxValue, _arrangedEnd;

    /// <inheritdoc/>
    public bool HoldsArrangedWeights => _arranged.Count > 0;

    /// <inheritdoc/>
    public bool Arrange(Tensor weight)
    {
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        if (!WeightPanels.Fit(outputs, inputs, weight.DType, Path) || !_arranged.TryAdd(weight.Address, weight.Bytes))
        {
            return false;
        }

        _arrangedStart = nint.Min(_arrangedStart, weight.Address);
        _arrangedEnd = nint.Max(_arrangedEnd, weight.Address + (nint)weight.Bytes);
        WeightPanels.Arrange(weight.Pointer<float>(), outputs, StepsOf(weight), _team);
        return true;
    }

    /// <inheritdoc/>
    public void Restore(Tensor weight)
    {
        if (!_arranged.Remove(weight.Address))
        {
            return;
        }

        WeightPanels.Restore(weight.Pointer<float>(), weight.Shape[0], StepsOf(weight), _team);
        if (_arranged.Count == 0)
        {
            (_arrangedStart, _arrangedEnd) = (nint.MaxValue, 0);
        }
    }

    /// <inheritdoc/>
    public bool IsArranged(nint address, long bytes)
    {
        // Activations lie elsewhere: hardly any operand is looked for.
        nint end = address + (nint)bytes;
        if (end <= _arrangedStart || address >= _arrangedEnd)
        {
            return false;
        }

        foreach ((nint start, long count) in _arranged)
        {
            if (address < start + (nint)count && start < end)
            {
                return true;
            }
        }

        return false;
    }

    private static int StepsOf(Tensor weight) => weight.DType == DType.BF16 ? weight.Shape[1] / 2 : weight.Shape[1];

    private bool IsArranged(Tensor weight) => _arranged.Count > 0 && _arranged.ContainsKey(weight.Address);

    private void RefuseArranged(string verb, nint address, long bytes)
    {
        if (_arranged.Count > 0 && IsArranged(address, bytes))
        {
            throw new TensorException(
                $"{verb}: the weights are laid out for generating, and their numbers are not where they are looked for; end the generation "
                + "first (dispose of what Gpt.ArrangeWeights returned).");
        }
    }
}
