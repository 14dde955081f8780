namespace GptSharp.Ptx.Syntax;

// The statements in the body of a function.
public sealed partial class Parser
{
    // Behind an opening brace; takes the closing one.
    private List<StatementSyntax> Statements(Token open)
    {
        int depth = _depth;
        var statements = new List<StatementSyntax>();
        while (!Is("}"))
        {
            if (Current.Kind == TokenKind.End)
            {
                Note(open, "the scope that this brace opens has no end.");
                return statements;
            }

            int first = _at;
            if (!Statement(statements))
            {
                _depth = depth;
                Refuse(first);
            }
        }

        _at++;
        return statements;
    }

    private bool Statement(List<StatementSyntax> statements)
    {
        Token first = Current;
        if (Accept(";"))
        {
            return true;
        }

        if (Is("{"))
        {
            return Scope(statements);
        }

        if (first.Kind == TokenKind.Dotted)
        {
            return BodyDirective(statements, first);
        }

        if (first.Kind == TokenKind.Name && IsAt(1, ":"))
        {
            string name = Word(first);
            _at += 2;
            return LabelOrList(statements, first, name);
        }

        return Instruction(statements, first);
    }

    private bool Scope(List<StatementSyntax> statements)
    {
        Token open = Current;
        if (!Enter())
        {
            return false;
        }

        _at++;
        List<StatementSyntax> inner = Statements(open);
        _depth--;
        statements.Add(new BlockSyntax(SpanFrom(open, 0), inner));
        return true;
    }

    private bool LabelOrList(List<StatementSyntax> statements, Token first, string name)
    {
        if (Is(".branchtargets") || Is(".calltargets"))
        {
            bool functions = Is(".calltargets");
            _at++;
            var targets = new List<string>();
            do
            {
                if (ExpectName("the name of a target") is not { } target)
                {
                    return false;
                }

                targets.Add(target);
            }
            while (Accept(","));

            if (!Expect(";", "behind the targets"))
            {
                return false;
            }

            statements.Add(new TargetListSyntax(SpanFrom(first), name, targets, functions));
            return true;
        }

        if (Accept(".callprototype"))
        {
            if (Signature(out List<VariableSyntax> results, out _, out List<VariableSyntax> parameters)
                && SkipSignatureDirectives() && Expect(";", "behind a call prototype"))
            {
                statements.Add(new CallPrototypeSyntax(SpanFrom(first), name, results, parameters));
                return true;
            }

            return false;
        }

        statements.Add(new LabelSyntax(SpanFrom(first), name));
        return true;
    }

    private bool SkipSignatureDirectives()
    {
        while (Current.Kind == TokenKind.Dotted)
        {
            _at++;
            while (Current.Kind == TokenKind.Number)
            {
                _at++;
            }
        }

        return true;
    }

    private bool BodyDirective(List<StatementSyntax> statements, Token first)
    {
        switch (Word(first, 1))
        {
            case "loc":
                return SkipLocation();
            case "file":
                return SkipFile();
            case "section":
                return SkipSection();
            case "pragma":
                return Pragma(statements, first);
            case "reg" or "param" or "shared" or "local" or "global" or "const" or "extern" or "weak" or "visible" or "common":
                var variables = new List<VariableSyntax>();
                if (!Declaration(variables))
                {
                    return false;
                }

                statements.Add(new DeclarationSyntax(SpanFrom(first), variables));
                return true;
            default:
                return Fail("a declaration, a directive or an instruction was expected");
        }
    }

    private bool Pragma(List<StatementSyntax> statements, Token first)
    {
        _at++;
        var texts = new List<string>();
        do
        {
            if (Current.Kind != TokenKind.Quoted)
            {
                return Fail("a text in quotes was expected behind '.pragma'");
            }

            texts.Add(TextOf(_tokens[_at++])[1..^1].ToString());
        }
        while (Accept(","));

        if (!Expect(";", "behind '.pragma'"))
        {
            return false;
        }

        statements.Add(new PragmaSyntax(SpanFrom(first), texts));
        return true;
    }

    private bool Instruction(List<StatementSyntax> statements, Token first)
    {
        GuardSyntax? guard = null;
        if (Accept("@"))
        {
            bool negated = Accept("!");
            if (ExpectName("a predicate register") is not { } register)
            {
                return false;
            }

            guard = new GuardSyntax(register, negated);
        }

        if (Current.Kind != TokenKind.Name || TextOf(Current)[0] == '%')
        {
            return Fail("an instruction was expected");
        }

        string opcode = Word(_tokens[_at++]);
        List<string>? modifiers = null;
        while (Current.Kind == TokenKind.Dotted)
        {
            (modifiers ??= []).Add(Word(_tokens[_at++], 1));
        }

        bool isCall = opcode == "call";
        var operands = new List<OperandSyntax>(4);
        while (!Is(";"))
        {
            if (operands.Count > 0 && !Expect(",", "or ';' behind an operand"))
            {
                return false;
            }

            if (isCall && Is("("))
            {
                if (Elements("(", ")", "a list") is not { } list)
                {
                    return false;
                }

                operands.Add(new ListOperand(list));
            }
            else if (Operand() is { } operand)
            {
                operands.Add(operand);
            }
            else
            {
                return false;
            }
        }

        _at++;
        statements.Add(new InstructionSyntax(SpanFrom(first), guard, opcode, modifiers ?? (IReadOnlyList<string>)[], operands));
        return true;
    }
}
