namespace GptSharp.Tensors.Backends.Reference;

/// <summary>
/// A float tensor as the textbook sees it: real numbers by flat index. Reading widens to double, writing rounds to the storage
/// type.
/// </summary>
internal readonly unsafe struct Values
{
    private readonly float* _singles;
    private readonly double* _doubles;
    private readonly BF16* _halves;

    public Values(Tensor tensor)
    {
        if (tensor.IsNone)
        {
            return;
        }

        switch (tensor.DType)
        {
            case DType.F64:
                _doubles = tensor.Pointer<double>();
                break;
            case DType.BF16:
                _halves = tensor.Pointer<BF16>();
                break;
            default:
                _singles = tensor.Pointer<float>();
                break;
        }
    }

    /// <summary>True if there is a tensor behind it: optional operands may be absent.</summary>
    public bool Exist => _singles != null || _doubles != null || _halves != null;

    public double this[long index]
    {
        get => _doubles != null ? _doubles[index] : _halves != null ? _halves[index] : _singles[index];
        set
        {
            if (_doubles != null)
            {
                _doubles[index] = value;
            }
            else if (_halves != null)
            {
                _halves[index] = (BF16)value;
            }
            else
            {
                _singles[index] = (float)value;
            }
        }
    }

    /// <summary>this[index] = value + beta this[index]; with beta 0 the old value is not read, whatever it is.</summary>
    public void Accumulate(long index, double value, float beta)
    {
        Values self = this;
        self[index] = beta == 0 ? value : value + (beta * self[index]);
    }
}
