using System.Globalization;

namespace GptSharp.Ptx.Syntax;

// Literals and constant expressions, which PTX evaluates in 64-bit integers or in doubles.
public sealed partial class Parser
{
    private static readonly string[][] BinaryOperators =
    [
        ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", "<=", ">", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ];

    // A whole expression only where parentheses or braces keep it apart from what else may follow.
    private LiteralOperand? Constant()
    {
        LiteralOperand? condition = Binary(0);
        if (condition is null || !Accept("?"))
        {
            return condition;
        }

        if (!Enter())
        {
            return null;
        }

        LiteralOperand? yes = Constant();
        LiteralOperand? no = yes is not null && Expect(":", "in a conditional expression") ? Constant() : null;
        _depth--;
        return yes is null || no is null ? null : condition.Bits != 0 ? yes : no;
    }

    private LiteralOperand? Binary(int level)
    {
        if (level == BinaryOperators.Length)
        {
            return Unary();
        }

        LiteralOperand? left = Binary(level + 1);
        while (left is not null && Array.Find(BinaryOperators[level], Is) is { } symbol)
        {
            _at++;
            LiteralOperand? right = Binary(level + 1);
            left = right is null ? null : Combine(symbol, left, right);
        }

        return left;
    }

    private LiteralOperand? Combine(string symbol, LiteralOperand left, LiteralOperand right)
    {
        if (left.Kind != LiteralKind.Integer || right.Kind != LiteralKind.Integer)
        {
            if (left.Kind == LiteralKind.Float64 && right.Kind == LiteralKind.Float64 && symbol is "+" or "-" or "*" or "/")
            {
                (double x, double y) = (BitConverter.UInt64BitsToDouble(left.Bits), BitConverter.UInt64BitsToDouble(right.Bits));
                double result = symbol switch { "+" => x + y, "-" => x - y, "*" => x * y, _ => x / y };
                return new LiteralOperand(BitConverter.DoubleToUInt64Bits(result), LiteralKind.Float64, false);
            }

            Fail($"two integers were expected around '{symbol}'");
            return null;
        }

        (ulong a, ulong b) = (left.Bits, right.Bits);
        (long sa, long sb) = (left.Value, right.Value);
        bool signed = left.Negative || right.Negative;
        if (symbol is "/" or "%" && b == 0)
        {
            _failure ??= "a constant expression divides by zero.";
            return null;
        }

        if (signed && symbol is "/" or "%" && sb == -1)
        {
            return Integer(symbol == "/" ? (ulong)-sa : 0, symbol == "/" && -sa < 0);
        }

        ulong value = symbol switch
        {
            "||" => a != 0 || b != 0 ? 1UL : 0,
            "&&" => a != 0 && b != 0 ? 1UL : 0,
            "|" => a | b,
            "^" => a ^ b,
            "&" => a & b,
            "==" => a == b ? 1UL : 0,
            "!=" => a != b ? 1UL : 0,
            "<" => (signed ? sa < sb : a < b) ? 1UL : 0,
            "<=" => (signed ? sa <= sb : a <= b) ? 1UL : 0,
            ">" => (signed ? sa > sb : a > b) ? 1UL : 0,
            ">=" => (signed ? sa >= sb : a >= b) ? 1UL : 0,
            "<<" => b > 63 ? 0 : a << (int)b,
            ">>" => b > 63 ? 0 : left.Negative ? (ulong)(sa >> (int)b) : a >> (int)b,
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => signed ? (ulong)(sa / sb) : a / b,
            _ => signed ? (ulong)(sa % sb) : a % b,
        };
        bool belowZero = symbol is "+" or "-" or "*" or "/" or "%" or ">>" or "<<" or "&" or "|" or "^"
            && (long)value < 0 && (signed || symbol == "-");
        return Integer(value, belowZero);
    }

    private static LiteralOperand Integer(ulong bits, bool negative) => new(bits, LiteralKind.Integer, negative);

    private LiteralOperand? Unary()
    {
        // The operators before an operand are counted, not recursed into: there may be any number of them.
        int first = _at;
        while (Is("-") || Is("+") || Is("~") || Is("!"))
        {
            _at++;
        }

        int last = _at;
        LiteralOperand? value = Primary();
        for (int i = last - 1; i >= first && value is not null; i--)
        {
            value = Apply(_text[_tokens[i].Start], value);
        }

        return value;
    }

    private LiteralOperand? Apply(char symbol, LiteralOperand value)
    {
        switch (symbol, value.Kind)
        {
            case ('+', _):
                return value;
            case ('-', LiteralKind.Integer):
                return Integer((ulong)-value.Value, value.Bits != 0 && !value.Negative);
            case ('-', LiteralKind.Float32):
                return value with { Bits = value.Bits ^ 0x80000000 };
            case ('-', LiteralKind.Float64):
                return value with { Bits = value.Bits ^ 0x8000000000000000 };
            case ('~', LiteralKind.Integer):
                return Integer(~value.Bits, !value.Negative);
            case ('!', LiteralKind.Integer):
                return Integer(value.Bits == 0 ? 1UL : 0, false);
            default:
                Fail($"an integer was expected behind '{symbol}'");
                return null;
        }
    }

    private LiteralOperand? Primary()
    {
        if (Accept("WARP_SZ"))
        {
            return Integer(32, false);
        }

        if (Is("(") && (IsAt(1, ".s64") || IsAt(1, ".u64")) && IsAt(2, ")"))
        {
            _at += 3;
            if (!Enter())
            {
                return null;
            }

            LiteralOperand? cast = Unary();
            _depth--;
            return cast;
        }

        if (Is("("))
        {
            if (!Enter())
            {
                return null;
            }

            _at++;
            LiteralOperand? inner = Constant();
            _depth--;
            return inner is not null && Expect(")", "behind a constant expression") ? inner : null;
        }

        if (Current.Kind == TokenKind.Number)
        {
            LiteralOperand? literal = Literal(TextOf(Current));
            if (literal is null)
            {
                Fail("a literal of at most 64 bits was expected");
                return null;
            }

            _at++;
            return literal;
        }

        Fail("an operand was expected");
        return null;
    }

    private static LiteralOperand? Literal(ReadOnlySpan<char> text)
    {
        if (text.Length > 2 && text[0] == '0' && text[1] is 'f' or 'F' or 'd' or 'D')
        {
            bool single = text[1] is 'f' or 'F';
            ReadOnlySpan<char> digits = text[2..];
            return digits.Length == (single ? 8 : 16)
                && ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits)
                ? new LiteralOperand(bits, single ? LiteralKind.Float32 : LiteralKind.Float64, false)
                : null;
        }

        if (TryParseInteger(text, out ulong value))
        {
            return Integer(value, false);
        }

        bool isFraction = text.Contains('.') || text.IndexOfAny('e', 'E') > 0;
        bool isHex = text.Length > 1 && text[1] is 'x' or 'X';
        return isFraction && !isHex && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number)
            ? new LiteralOperand(BitConverter.DoubleToUInt64Bits(number), LiteralKind.Float64, false)
            : null;
    }

    private bool Enter()
    {
        if (_depth >= DeepestNesting)
        {
            _failure ??= $"the nesting is deeper than {DeepestNesting}.";
            return false;
        }

        _depth++;
        return true;
    }
}
