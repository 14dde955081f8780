using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>The bits that a literal has as an operand of a type.</summary>
internal static class Literals
{
    /// <summary>The bits, in the low end of 64.</summary>
    public static ulong Bits(LiteralOperand literal, NumberType type) => literal.Kind switch
    {
        LiteralKind.Integer when type.IsFloat() => FromDouble(literal.Negative ? literal.Value : (double)literal.Bits, type),
        LiteralKind.Integer => literal.Bits,
        LiteralKind.Float32 when type.IsFloat() && type is not NumberType.F32 and not NumberType.TF32 =>
            FromDouble(BitConverter.UInt32BitsToSingle((uint)literal.Bits), type),
        LiteralKind.Float32 => literal.Bits,
        LiteralKind.Float64 when type.Bits() == 64 => literal.Bits,
        _ => FromDouble(BitConverter.UInt64BitsToDouble(literal.Bits), type.IsFloat() ? type : type.Bits() == 16 ? NumberType.F16 : NumberType.F32),
    };

    private static ulong FromDouble(double value, NumberType type) => type switch
    {
        NumberType.F64 => BitConverter.DoubleToUInt64Bits(value),
        NumberType.F16 => BitConverter.HalfToUInt16Bits((Half)value),
        NumberType.BF16 => Bfloat16((float)value),
        _ => BitConverter.SingleToUInt32Bits((float)value),
    };

    // Rounded to nearest, ties to even.
    private static uint Bfloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? 0x7fff : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    }
}
