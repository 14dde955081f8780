namespace GptSharp.Ptx.Arithmetic;

/// <summary>The modifiers of one statement, taken one by one: what nobody took is a form that the emulator does not know.</summary>
internal sealed class Form
{
    private readonly List<string> _rest;

    /// <summary>A statement's opcode and dotted parts in order.</summary>
    public Form(string opcode, IReadOnlyList<string> modifiers)
    {
        Opcode = opcode;
        _rest = [.. modifiers];
    }

    /// <summary>The first word.</summary>
    public string Opcode { get; }

    /// <summary>True when every modifier was taken.</summary>
    public bool IsEmpty => _rest.Count == 0;

    /// <summary>Takes a modifier by name, wherever it stands.</summary>
    public bool Take(string modifier) => _rest.Remove(modifier);

    /// <summary>Takes the last modifier if it is a type.</summary>
    public NumberType TakeType()
    {
        NumberType type = _rest.Count > 0 ? NumberTypes.Parse(_rest[^1]) : NumberType.None;
        if (type != NumberType.None)
        {
            _rest.RemoveAt(_rest.Count - 1);
        }

        return type;
    }

    /// <summary>Takes the first modifier that is among the names; null if none is there.</summary>
    public string? TakeAny(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (_rest.Remove(name))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>Takes a rounding mode; null if none is named.</summary>
    public RoundingMode? TakeRounding() => TakeAny("rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi") switch
    {
        "rn" or "rni" => RoundingMode.NearestEven,
        "rz" or "rzi" => RoundingMode.TowardZero,
        "rm" or "rmi" => RoundingMode.Down,
        "rp" or "rpi" => RoundingMode.Up,
        "rna" => RoundingMode.NearestAway,
        _ => null,
    };
}
