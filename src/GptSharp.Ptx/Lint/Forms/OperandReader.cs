using System.Globalization;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>Reads the operands of a form.</summary>
/// <param name="captures">The names of the form's slots.</param>
/// <remarks>
/// <c>s32</c> is a value of that type (a register or a literal), <c>t</c> one of the type that slot t took, <c>2t</c> one twice as wide.
/// Before the type, <c>=</c> is a result, <c>%</c> excludes literals, <c>~</c> admits wider registers, <c>!</c> admits <c>!p</c>, <c>&amp;</c> admits
/// names of variables, <c>-</c> admits a minus. <c>{t*4}</c> is a vector, <c>{t*v}</c> one of the length that slot v took (a plain value when the slot
/// is empty), <c>{t*+}</c> one of any length, <c>{/t}</c> one whose elements share the bits of t. <c>[]</c> is an address, <c>[;]</c> one with
/// coordinates, <c>#</c> a constant, <c>#0..15</c> and <c>#4|8</c> constants in a range or set, <c>#24..256/8</c> multiples. Behind the type,
/// <c>:0..15</c> limits literals, <c>[|pred]</c> admits a second result and <c>|pred</c> demands one, <c>/_</c> admits the underscore (elements of vectors that are written may always be one), <c>.part</c> admits bytes and halves, <c>?</c>
/// makes the operand optional, and <c>?h</c> makes it come and go with slot h.
/// </remarks>
internal sealed class OperandReader(IReadOnlyList<string> captures)
{
    /// <summary>The operands, in order.</summary>
    public List<OperandForm> Read(string text) => text.Length == 0 ? [] : text.Split(", ").Select(ReadOperand).ToList();

    private OperandForm ReadOperand(string text)
    {
        int mark = text.LastIndexOf('?');
        OperandForm operand = ReadRequired(mark < 0 ? text : text[..mark]);
        return mark < 0 ? operand
            : mark == text.Length - 1 ? operand with { IsOptional = true }
            : operand with { OnlyWith = Slot(text[(mark + 1)..]) ?? throw new FormatException($"there is no slot for '{text}'") };
    }

    private OperandForm ReadRequired(string text) => text switch
    {
        "[]" => new OperandForm { Kind = OperandKind.Address },
        "[;]" => new OperandForm { Kind = OperandKind.Coordinates },
        "address" => new OperandForm { Kind = OperandKind.Pointer },
        "label" => new OperandForm { Kind = OperandKind.Label },
        "labels" => new OperandForm { Kind = OperandKind.LabelList },
        "call" => new OperandForm { Kind = OperandKind.Call },
        "offset" => new OperandForm { Kind = OperandKind.Offsets },
        "_" => new OperandForm { Kind = OperandKind.Sink },
        _ when text[0] == '#' => ReadConstant(text[1..]),
        _ when text[0] == '{' => ReadVector(text),
        _ => ReadValue(text),
    };

    private static OperandForm ReadConstant(string text)
    {
        var operand = new OperandForm { Kind = OperandKind.Constant };
        if (text.Length == 0)
        {
            return operand;
        }

        if (!text.Contains("..", StringComparison.Ordinal))
        {
            return operand with { Values = text.Split('|').Select(value => long.Parse(value, CultureInfo.InvariantCulture)).ToList() };
        }

        string[] ends = text.Split("..");
        string[] high = ends[1].Split('/');
        return operand with
        {
            Lowest = long.Parse(ends[0], CultureInfo.InvariantCulture),
            Highest = long.Parse(high[0], CultureInfo.InvariantCulture),
            Step = high.Length > 1 ? long.Parse(high[1], CultureInfo.InvariantCulture) : 1,
        };
    }

    private OperandForm ReadVector(string text)
    {
        int close = text.IndexOf('}');
        string[] parts = text[1..close].Split('*');
        bool packed = parts[0].Contains('/', StringComparison.Ordinal);
        return ReadValue(parts[0].Replace("/", "", StringComparison.Ordinal) + text[(close + 1)..]) with
        {
            Kind = OperandKind.Vector,
            IsPacked = packed,
            Count = packed || parts[1] == "+" ? null : ReadCount(parts[1]),
        };
    }

    private FormCount ReadCount(string text)
    {
        string[] parts = text.Split('/');
        int divisor = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        int digits = parts[0].TakeWhile(char.IsAsciiDigit).Count();
        int factor = digits > 0 ? int.Parse(parts[0].AsSpan(0, digits), CultureInfo.InvariantCulture) : 1;
        return digits == parts[0].Length
            ? new FormCount(null, factor, divisor)
            : new FormCount(Slot(parts[0][digits..]) ?? throw new FormatException($"there is no slot for the count '{text}'"), factor, divisor);
    }

    private OperandForm ReadValue(string text)
    {
        var operand = new OperandForm { Kind = OperandKind.Value };
        string type = text;
        if (Cut(ref type, "[|pred]"))
        {
            operand = operand with { Second = SecondResult.Optional };
        }
        else if (Cut(ref type, "|pred"))
        {
            operand = operand with { Second = SecondResult.Required };
        }

        if (type.Split(':') is [var before, var range])
        {
            OperandForm limits = ReadConstant(range);
            operand = operand with { Lowest = limits.Lowest, Highest = limits.Highest };
            type = before;
        }

        operand = operand with { TakesSink = Cut(ref type, "/_"), TakesParts = Cut(ref type, ".part") };
        while ("=%~!&-".Contains(type[0], StringComparison.Ordinal))
        {
            operand = type[0] switch
            {
                '=' => operand with { IsResult = true },
                '%' => operand with { RegisterOnly = true },
                '~' => operand with { IsRelaxed = true },
                '!' => operand with { IsNegatable = true },
                '&' => operand with { TakesSymbols = true },
                '-' => operand with { IsNegatable = true },
                _ => operand,
            };
            type = type[1..];
        }

        bool doubled = type[0] == '2';
        string name = doubled ? type[1..] : type;
        int? slot = Slot(name);
        if (slot is null && !OperandType.IsKnown(name))
        {
            throw new FormatException($"'{name}' is neither a slot nor a type");
        }

        return operand with { Type = new FormType(slot, slot is null ? name : null, doubled) };
    }

    private static bool Cut(ref string text, string end)
    {
        bool found = text.EndsWith(end, StringComparison.Ordinal);
        text = found ? text[..^end.Length] : text;
        return found;
    }

    private int? Slot(string name) => captures.ToList().IndexOf(name) is >= 0 and var index ? index : null;
}
