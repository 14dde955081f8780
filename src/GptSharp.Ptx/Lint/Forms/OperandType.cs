using System.Collections.Frozen;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>How an instruction reads the bits of an operand.</summary>
internal enum OperandClass
{
    /// <summary>A truth value.</summary>
    Predicate,

    /// <summary>Bits, whatever they mean.</summary>
    Bits,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A floating-point number.</summary>
    Float,
}

/// <summary>The type of an operand in an instruction: how wide it is, and which registers agree with it.</summary>
/// <param name="Name">Its name: <c>s32</c>.</param>
/// <param name="Bits">Its width.</param>
/// <param name="Class">How its bits are read.</param>
internal sealed record OperandType(string Name, int Bits, OperandClass Class)
{
    private static readonly FrozenDictionary<string, OperandType> ByName = Build();

    public static bool IsKnown(string name) => ByName.ContainsKey(name);

    /// <summary>Whether a dotted word is a type, one that no operand has by itself included.</summary>
    public static bool IsTypeWord(string word) => IsKnown(word) || word is "tf32" or "b1" or "u4" or "s4" or "u2" or "s2" or ['e', _, 'm', ..] or ['u', 'e', _, 'm', ..];

    public static OperandType Named(string name) => ByName[name];

    /// <summary>The type of twice the width that a widening instruction writes.</summary>
    public OperandType Doubled => Named($"{Name[0]}{Bits * 2}");

    /// <summary>
    /// Whether a register of a declared type may stand for this type: bits for everything, integers for integers, floats for the
    /// very same float; and everything but predicates for bits.
    /// </summary>
    /// <param name="register">The register's type.</param>
    /// <param name="relaxed">Whether it may be wider, as for ld, st and cvt.</param>
    public bool Accepts(ScalarType register, bool relaxed)
    {
        if (register == ScalarType.Pred || Class == OperandClass.Predicate)
        {
            return register == ScalarType.Pred && Class == OperandClass.Predicate;
        }

        if (relaxed ? register.Bits() < Bits : register.Bits() != Bits)
        {
            return false;
        }

        return ClassOf(register) switch
        {
            OperandClass.Bits => true,
            OperandClass.Integer => Class != OperandClass.Float,
            _ => Class == OperandClass.Bits || (Class == OperandClass.Float && register == ScalarTypes.Parse(Name)),
        };
    }

    /// <summary>How a register's bits are read, by its declared type.</summary>
    public static OperandClass ClassOf(ScalarType type) => type switch
    {
        ScalarType.Pred => OperandClass.Predicate,
        ScalarType.B8 or ScalarType.B16 or ScalarType.B32 or ScalarType.B64 or ScalarType.B128 => OperandClass.Bits,
        ScalarType.U8 or ScalarType.U16 or ScalarType.U32 or ScalarType.U64 or ScalarType.S8 or ScalarType.S16 or ScalarType.S32
            or ScalarType.S64 or ScalarType.U16x2 or ScalarType.S16x2 or ScalarType.Opaque => OperandClass.Integer,
        _ => OperandClass.Float,
    };

    private static FrozenDictionary<string, OperandType> Build()
    {
        var types = new List<OperandType> { new("pred", 1, OperandClass.Predicate) };
        foreach (int bits in (int[])[8, 16, 32, 64, 128])
        {
            types.Add(new OperandType($"b{bits}", bits, OperandClass.Bits));
            types.Add(new OperandType($"u{bits}", bits, OperandClass.Integer));
            types.Add(new OperandType($"s{bits}", bits, OperandClass.Integer));
        }

        foreach (string narrow in (string[])["e4m3", "e5m2"])
        {
            types.Add(new OperandType(narrow, 8, OperandClass.Bits));
            types.Add(new OperandType($"{narrow}x2", 16, OperandClass.Bits));
            types.Add(new OperandType($"{narrow}x4", 32, OperandClass.Bits));
        }

        types.Add(new OperandType("f16", 16, OperandClass.Float));
        types.Add(new OperandType("bf16", 16, OperandClass.Float));
        types.Add(new OperandType("f16x2", 32, OperandClass.Float));
        types.Add(new OperandType("bf16x2", 32, OperandClass.Float));
        types.Add(new OperandType("f32", 32, OperandClass.Float));
        types.Add(new OperandType("f64", 64, OperandClass.Float));
        types.Add(new OperandType("u16x2", 32, OperandClass.Integer));
        types.Add(new OperandType("s16x2", 32, OperandClass.Integer));
        return types.ToFrozenDictionary(type => type.Name);
    }
}
