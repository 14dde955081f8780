using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>A floating-point format as the tests know it, and numbers of it that go wrong first.</summary>
internal sealed record FormatCase(string Name, int FractionBits, int ExponentBits, ulong NaN)
{
    public static readonly FormatCase F16 = new("f16", 10, 5, 0x7fff);
    public static readonly FormatCase BF16 = new("bf16", 7, 8, 0x7fff);
    public static readonly FormatCase F32 = new("f32", 23, 8, 0x7fffffff);
    public static readonly FormatCase F64 = new("f64", 52, 11, 0xfff8000000000000);

    public ulong SignBit => 1ul << (FractionBits + ExponentBits);

    public ulong Infinity => ((1ul << ExponentBits) - 1) << FractionBits;

    public int Bias => (1 << (ExponentBits - 1)) - 1;

    public static FormatCase Of(string name) => name switch
    {
        "f16" or "f16x2" => F16,
        "bf16" or "bf16x2" => BF16,
        "f32" => F32,
        _ => F64,
    };

    public bool IsNaN(ulong bits) => (bits & ~SignBit) > Infinity;

    public bool IsInfinite(ulong bits) => (bits & ~SignBit) == Infinity;

    public bool IsZero(ulong bits) => (bits & ~SignBit) == 0;

    public bool IsNegative(ulong bits) => (bits & SignBit) != 0;

    public RationalNumber Value(ulong bits) => RationalNumber.FromBits(bits, FractionBits, ExponentBits);

    public ulong Round(RationalNumber value, char mode, bool zeroSign) => value.Round(FractionBits, ExponentBits, mode, zeroSign);

    /// <summary>A number with any bits, a special one, or one of moderate size; one time in eight near <paramref name="other"/>.</summary>
    public ulong Draw(Random random, ulong other = 0)
    {
        ulong any = (ulong)random.NextInt64() ^ ((ulong)random.Next(2) << 63);
        ulong one = (ulong)Bias << FractionBits;
        ulong sign = random.Next(2) == 0 ? SignBit : 0;
        return random.Next(8) switch
        {
            0 => sign | (random.Next(10) switch
            {
                0 => 0,
                1 => 1,
                2 => Infinity,
                3 => Infinity - 1,
                4 => Infinity + 1,
                5 => one,
                6 => 1ul << FractionBits,
                7 => (1ul << FractionBits) - 1,
                8 => one + 1,
                _ => one - 1,
            }),
            1 => (other ^ SignBit) + (ulong)random.Next(-2, 3) & ((SignBit << 1) - 1),
            2 or 3 => sign | (one + (any % (8ul << FractionBits)) - (4ul << FractionBits)),
            _ => any & ((SignBit << 1) - 1),
        };
    }

    /// <summary>The library's description of the format.</summary>
    public FloatFormat Library => Name switch
    {
        "f16" => FloatFormat.F16,
        "bf16" => FloatFormat.BF16,
        "f32" => FloatFormat.F32,
        _ => FloatFormat.F64,
    };
}
