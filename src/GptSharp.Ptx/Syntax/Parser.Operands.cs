namespace GptSharp.Ptx.Syntax;

// The operands of instructions.
public sealed partial class Parser
{
    private OperandSyntax? Operand()
    {
        if (Is("{"))
        {
            List<OperandSyntax>? elements = Elements("{", "}", "a vector");
            NameOperand? second = null;
            if (elements is not null && Accept("|"))
            {
                second = Current.Kind == TokenKind.Name ? Name(negated: false) : null;
                if (second is null)
                {
                    return FailWith("a predicate was expected behind a vector and '|'");
                }
            }

            return elements is null ? null : new VectorOperand(elements) { Second = second };
        }

        if (Is("["))
        {
            return Address();
        }

        if ((Is("!") || Is("-")) && Ahead(1).Kind == TokenKind.Name && !IsAt(1, "WARP_SZ"))
        {
            _at++;
            return Name(negated: true);
        }

        if (Current.Kind != TokenKind.Name || Is("WARP_SZ"))
        {
            return Constant();
        }

        NameOperand? first = Name(negated: false);
        if (first is null)
        {
            return null;
        }

        if (Accept("|"))
        {
            bool negated = Accept("!");
            return Current.Kind == TokenKind.Name && Name(negated) is { } second
                ? new PairOperand(first, second)
                : FailWith($"a second result was expected behind '{first.Name}|'");
        }

        return Is("[") ? Element(first) : first;
    }

    private OperandSyntax? FailWith(string expectation)
    {
        Fail(expectation);
        return null;
    }

    private ElementOperand? Element(NameOperand array)
    {
        if (!Enter())
        {
            return null;
        }

        _at++;
        OperandSyntax? index = Operand();
        _depth--;
        return index is not null && Expect("]", $"behind the index of '{array.Name}'") ? new ElementOperand(array.Name, index) : null;
    }

    private NameOperand? Name(bool negated)
    {
        string name = Word(_tokens[_at++]);
        string? component = null;
        if (Current.Kind == TokenKind.Dotted)
        {
            component = Word(_tokens[_at++], 1);
        }

        return Offset(out long offset) ? new NameOperand(name, component, negated, offset) : null;
    }

    // "+8", "-8", "+-8" behind a name.
    private bool Offset(out long offset)
    {
        offset = 0;
        while (Is("+") || Is("-"))
        {
            bool minus = Is("-");
            _at++;
            if (Unary() is not { Kind: LiteralKind.Integer } literal)
            {
                return Fail("an integer was expected as the offset of an address");
            }

            offset += minus ? -literal.Value : literal.Value;
        }

        return true;
    }

    private AddressOperand? Address()
    {
        if (!Enter())
        {
            return null;
        }

        _at++;
        OperandSyntax? start = Operand();
        long offset = 0;
        if (start is NameOperand name)
        {
            (offset, start) = (name.Offset, name with { Offset = 0 });
        }

        var rest = new List<OperandSyntax>();
        bool good = start is not null;
        while (good && Accept(","))
        {
            OperandSyntax? next = Operand();
            good = next is not null;
            if (next is not null)
            {
                rest.Add(next);
            }
        }

        _depth--;
        if (!good || !Expect("]", "behind an address"))
        {
            return null;
        }

        // That all threads load from the same place is a hint without effect.
        Accept(".unified");
        return new AddressOperand(start!, offset, rest);
    }

    private List<OperandSyntax>? Elements(string open, string close, string what)
    {
        if (!Enter())
        {
            return null;
        }

        bool good = Expect(open, $"before {what}");
        var elements = new List<OperandSyntax>();
        while (good && !Accept(close))
        {
            if (elements.Count > 0 && !Expect(",", $"or '{close}' in {what}"))
            {
                good = false;
                break;
            }

            OperandSyntax? element = Operand();
            good = element is not null;
            if (element is not null)
            {
                elements.Add(element);
            }
        }

        _depth--;
        return good ? elements : null;
    }
}
