namespace GptSharp.Ptx.Syntax;

// Declarations of variables, parameters and registers.
public sealed partial class Parser
{
    /// <summary>What stands before the names of a declaration.</summary>
    private struct Head()
    {
        public Linkage Linkage = Linkage.Internal;
        public StateSpace Space = StateSpace.Generic;
        public ScalarType Type = ScalarType.None;
        public int VectorLength = 1;
        public int Alignment;
        public PointerSyntax? Pointer;
    }

    private static StateSpace? SpaceOf(string word) => word switch
    {
        "reg" or "sreg" => StateSpace.Register,
        "const" => StateSpace.Constant,
        "global" => StateSpace.Global,
        "local" => StateSpace.Local,
        "param" => StateSpace.Parameter,
        "shared" or "shared::cta" or "shared::cluster" => StateSpace.Shared,
        "tex" => StateSpace.Texture,
        _ => null,
    };

    private static Linkage? LinkageOf(string word) => word switch
    {
        "extern" => Linkage.Extern,
        "visible" => Linkage.Visible,
        "weak" => Linkage.Weak,
        "common" => Linkage.Common,
        _ => null,
    };

    private bool DeclarationHead(out Head head)
    {
        head = new Head();
        while (Current.Kind == TokenKind.Dotted)
        {
            string word = Word(Current, 1);
            if (LinkageOf(word) is { } linkage)
            {
                head.Linkage = linkage;
            }
            else if (SpaceOf(word) is { } space && head.Space == StateSpace.Generic)
            {
                head.Space = space;
            }
            else if (ScalarTypes.Parse(word) is var type and not ScalarType.None)
            {
                head.Type = type;
            }
            else if (word is "v2" or "v4" or "v8")
            {
                head.VectorLength = word[1] - '0';
            }
            else if (word == "align")
            {
                _at++;
                if (!Alignment(out head.Alignment))
                {
                    return false;
                }

                continue;
            }
            else if (word == "ptr")
            {
                _at++;
                if (!PointerAttributes(out head.Pointer))
                {
                    return false;
                }

                continue;
            }
            else if (word == "attribute")
            {
                _at++;
                if (!SkipAttribute())
                {
                    return false;
                }

                continue;
            }
            else
            {
                return Fail("a state space, a type or an alignment was expected");
            }

            _at++;
        }

        if (head.Type == ScalarType.None)
        {
            return Fail("the type of a declaration was expected");
        }

        if (head.Alignment == 0)
        {
            head.Alignment = Math.Max(1, head.Type.Bytes() * head.VectorLength);
        }

        return true;
    }

    private bool Alignment(out int alignment)
    {
        alignment = 0;
        if (Current.Kind != TokenKind.Number || !TryParseInteger(TextOf(Current), out ulong value) || value is 0 or > 65536
            || (value & (value - 1)) != 0)
        {
            return Fail("a power of two was expected behind '.align'");
        }

        alignment = (int)value;
        _at++;
        return true;
    }

    private bool PointerAttributes(out PointerSyntax? pointer)
    {
        (StateSpace space, int alignment) = (StateSpace.Generic, 4);
        pointer = null;
        while (Current.Kind == TokenKind.Dotted)
        {
            if (SpaceOf(Word(Current, 1)) is { } named)
            {
                space = named;
                _at++;
            }
            else if (Is(".align"))
            {
                _at++;
                if (!Alignment(out alignment))
                {
                    return false;
                }
            }
            else
            {
                break;
            }
        }

        pointer = new PointerSyntax(space, alignment);
        return true;
    }

    private bool SkipAttribute()
    {
        if (!Expect("(", "behind '.attribute'"))
        {
            return false;
        }

        int depth = 1;
        while (depth > 0 && Current.Kind != TokenKind.End && !Is(";") && !Is("{"))
        {
            depth += Is("(") ? 1 : Is(")") ? -1 : 0;
            _at++;
        }

        return depth == 0 || Fail("')' was expected behind '.attribute('");
    }

    // A declaration of one or more names, with its semicolon.
    private bool Declaration(List<VariableSyntax> variables)
    {
        Token first = Current;
        int count = variables.Count;
        if (!DeclarationHead(out Head head))
        {
            return false;
        }

        do
        {
            if (Declarator(head, isParameter: false) is not { } variable)
            {
                return false;
            }

            variables.Add(variable);
        }
        while (Accept(","));

        if (!Expect(";", "behind a declaration"))
        {
            return false;
        }

        for (int i = count; i < variables.Count; i++)
        {
            variables[i] = variables[i] with { Span = SpanFrom(first) };
        }

        return true;
    }

    private VariableSyntax? Declarator(Head head, bool isParameter)
    {
        Token first = Current;
        if (ExpectName(isParameter ? "the name of a parameter" : "the name of a variable") is not { } name)
        {
            return null;
        }

        int? range = null;
        if (Accept("<"))
        {
            if (Current.Kind != TokenKind.Number || !TryParseInteger(TextOf(Current), out ulong count) || count > 1_000_000)
            {
                Fail("the number of registers was expected behind '<'");
                return null;
            }

            _at++;
            range = (int)count;
            if (!Expect(">", "behind the number of registers"))
            {
                return null;
            }
        }

        var dimensions = new List<long>();
        while (Accept("["))
        {
            long length = 0;
            if (!Is("]"))
            {
                if (Constant() is not { Kind: LiteralKind.Integer } constant || constant.Value is < 0 or > int.MaxValue)
                {
                    Fail($"the length of '{name}' was expected");
                    return null;
                }

                length = constant.Value;
            }

            dimensions.Add(length);
            if (dimensions.Count > 8 || !Expect("]", $"behind the length of '{name}'"))
            {
                Fail($"at most 8 dimensions were expected of '{name}'");
                return null;
            }
        }

        InitializerSyntax? initializer = null;
        if (Accept("="))
        {
            initializer = Initializer();
            if (initializer is null)
            {
                return null;
            }

            if (dimensions.Count > 0 && dimensions[0] == 0 && initializer is ListInitializer list)
            {
                // The list says how long an array without a length is.
                dimensions[0] = list.Elements.Count;
            }
        }

        return new VariableSyntax(
            SpanFrom(first), head.Linkage, head.Space, head.Type, head.VectorLength, head.Alignment, name, range, dimensions, initializer, head.Pointer);
    }
}
