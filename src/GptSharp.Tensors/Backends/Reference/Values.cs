namespace GptSharp.Tensors.Backends.Reference;

/// <summary>
/// A float tensor as the textbook sees it: real numbers by flat index. Reading widens to double, writing rounds to the storage
/// type.
/// </summary>
internal readonly unsafe struct Values
{
    private readonly float* _singles;
    private readonly double* _doubles;

    public Values(Tensor tensor)
    {
        if (tensor.IsNone)
        {
            return;
        }

        if (tensor.DType == DType.F64)
        {
            _doubles = tensor.Pointer<double>();
        }
        else
        {
            _singles = tensor.Pointer<float>();
        }
    }

    /// <summary>True if there is a tensor behind it: optional operands may be absent.</summary>
    public bool Exist => _singles != null || _doubles != null;

    public double this[long index]
    {
        get => _doubles != null ? _doubles[index] : _singles[index];
        set
        {
            if (_doubles != null)
            {
                _doubles[index] = value;
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
