using System.Globalization;
using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>Warns of integers that do not fit into their type: PTX drops their upper bits without a word.</summary>
internal static class LiteralWarnings
{
    /// <summary>A warning for an instruction that a matcher has just accepted, or null.</summary>
    public static string? Check(InstructionSyntax instruction, FormMatcher matcher)
    {
        for (int i = 0; i < instruction.Operands.Count; i++)
        {
            if (matcher.TypeOf(i) is not { Class: OperandClass.Integer or OperandClass.Bits, Bits: < 64 } type)
            {
                continue;
            }

            IEnumerable<OperandSyntax> values = instruction.Operands[i] is VectorOperand vector ? vector.Elements : [instruction.Operands[i]];
            if (values.OfType<LiteralOperand>().FirstOrDefault(literal => !Fits(literal, type.Bits)) is { } wide)
            {
                string value = wide.Negative ? wide.Value.ToString(CultureInfo.InvariantCulture) : wide.Bits.ToString(CultureInfo.InvariantCulture);
                return $"{value} does not fit into the {type.Bits} bits of .{type.Name}: its upper bits are dropped.";
            }
        }

        return null;
    }

    private static bool Fits(LiteralOperand literal, int bits) =>
        literal.Kind != LiteralKind.Integer || (literal.Negative ? literal.Value >= -(1L << (bits - 1)) : literal.Bits < 1UL << bits);
}
