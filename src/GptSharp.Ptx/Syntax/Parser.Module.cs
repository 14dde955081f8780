namespace GptSharp.Ptx.Syntax;

// What stands at module level.
public sealed partial class Parser
{
    private readonly List<VariableSyntax> _variables = [];
    private readonly List<FunctionSyntax> _functions = [];
    private VersionSyntax? _version;
    private TargetSyntax? _target;
    private int _addressSize = 64;

    private ModuleSyntax ParseModule()
    {
        while (Current.Kind != TokenKind.End)
        {
            int first = _at;
            if (!ModuleStatement())
            {
                RefuseAtModuleLevel(first);
            }
        }

        return new ModuleSyntax(_text, _version, _target, _addressSize, _variables, _functions, _refused);
    }

    // Nothing nested is left open at module level: go on at the next line that begins with a directive.
    private void RefuseAtModuleLevel(int first)
    {
        string reason = _failure ?? "this is no PTX statement.";
        _depth = 0;
        if (_at == first)
        {
            _at++;
        }

        while (Current.Kind != TokenKind.End && !(Current.Kind == TokenKind.Dotted && IsFirstOfLine(_at) && StartsModuleStatement(Word(Current, 1))))
        {
            bool end = Is(";");
            _at++;
            if (end)
            {
                break;
            }
        }

        Note(_tokens[first], reason);
    }

    private static bool StartsModuleStatement(string word) =>
        LinkageOf(word) is not null
        || word is "version" or "target" or "address_size" or "entry" or "func" or "global" or "const" or "file" or "section" or "shared";

    private bool ModuleStatement()
    {
        Token first = Current;
        if (Accept(";"))
        {
            return true;
        }

        if (first.Kind != TokenKind.Dotted)
        {
            return Fail("a directive was expected at module level");
        }

        switch (Word(first, 1))
        {
            case "version":
                return Version(first);
            case "target":
                return Target(first);
            case "address_size":
                return AddressSize();
            case "file":
                return SkipFile();
            case "loc":
                return SkipLocation();
            case "section":
                return SkipSection();
            case "pragma":
                return Pragma([], first);
            case "alias":
                _at++;
                return ExpectName("the name of a function") is not null && Expect(",", "in '.alias'")
                    && ExpectName("the name of a function") is not null && Expect(";", "behind '.alias'");
            default:
                return FunctionOrVariable(first);
        }
    }

    private bool Version(Token first)
    {
        _at++;
        ReadOnlySpan<char> text = TextOf(Current);
        int dot = text.IndexOf('.');
        if (Current.Kind != TokenKind.Number || dot < 0
            || !int.TryParse(text[..dot], out int major) || !int.TryParse(text[(dot + 1)..], out int minor))
        {
            return Fail("a version such as 7.8 was expected behind '.version'");
        }

        _at++;
        _version ??= new VersionSyntax(SpanFrom(first), major, minor);
        return true;
    }

    private bool Target(Token first)
    {
        _at++;
        var names = new List<string>();
        do
        {
            if (ExpectName("a target such as sm_80") is not { } name)
            {
                return false;
            }

            names.Add(name);
        }
        while (Accept(","));

        _target ??= new TargetSyntax(SpanFrom(first), names);
        return true;
    }

    private bool AddressSize()
    {
        _at++;
        if (Current.Kind == TokenKind.Number && TryParseInteger(TextOf(Current), out ulong size) && size is 32 or 64)
        {
            _at++;
            _addressSize = (int)size;
            return true;
        }

        return Fail("32 or 64 was expected behind '.address_size'");
    }

    private bool FunctionOrVariable(Token first)
    {
        int start = _at;
        var linkage = Linkage.Internal;
        while (Current.Kind == TokenKind.Dotted && (LinkageOf(Word(Current, 1)) is not null || Is(".attribute")))
        {
            if (Is(".attribute"))
            {
                _at++;
                if (!SkipAttribute())
                {
                    return false;
                }

                continue;
            }

            linkage = LinkageOf(Word(_tokens[_at++], 1))!.Value;
        }

        if (Is(".entry") || Is(".func"))
        {
            bool isEntry = Is(".entry");
            _at++;
            return Function(first, linkage, isEntry);
        }

        _at = start;
        if (Current.Kind == TokenKind.Dotted && LinkageOf(Word(Current, 1)) is null && SpaceOf(Word(Current, 1)) is null
            && ScalarTypes.Parse(Word(Current, 1)) == ScalarType.None && !Is(".align"))
        {
            return Fail("a function, a variable or a directive was expected at module level");
        }

        return Declaration(_variables);
    }

    private bool Function(Token first, Linkage linkage, bool isEntry)
    {
        if (!Signature(out List<VariableSyntax> results, out string? name, out List<VariableSyntax> parameters))
        {
            return false;
        }

        if (name is null)
        {
            return Fail("the name of a function was expected");
        }

        var directives = new List<DirectiveSyntax>();
        while (Current.Kind == TokenKind.Dotted)
        {
            Directive(directives);
        }

        SourceSpan span = SpanFrom(first);
        BlockSyntax? body = null;
        if (Is("{"))
        {
            Token open = Current;
            _at++;
            body = new BlockSyntax(SpanFrom(open), Statements(open));
        }
        else if (!Expect(";", "or '{' behind the head of a function"))
        {
            return false;
        }

        _functions.Add(new FunctionSyntax(span, linkage, isEntry, name, results, parameters, directives, body));
        return true;
    }

    // "(results) name (parameters)", each part optional. A prototype's name is "_".
    private bool Signature(out List<VariableSyntax> results, out string? name, out List<VariableSyntax> parameters)
    {
        (results, parameters, name) = ([], [], null);
        SkipFunctionAttributes();
        if (Is("(") && !ParameterList(results))
        {
            return false;
        }

        name = ExpectName("the name of a function");
        return name is not null && (!Is("(") || ParameterList(parameters));
    }

    private void SkipFunctionAttributes()
    {
        while (Is(".attribute"))
        {
            _at++;
            SkipAttribute();
        }
    }

    private bool ParameterList(List<VariableSyntax> parameters)
    {
        _at++;
        while (!Accept(")"))
        {
            if (parameters.Count > 0 && !Expect(",", "or ')' behind a parameter"))
            {
                return false;
            }

            if (!DeclarationHead(out Head head) || Declarator(head, isParameter: true) is not { } parameter)
            {
                return false;
            }

            parameters.Add(parameter);
        }

        return true;
    }

    private void Directive(List<DirectiveSyntax> directives)
    {
        Token first = Current;
        string name = Word(_tokens[_at++], 1);
        var values = new List<long>();
        while (Current.Kind is TokenKind.Number or TokenKind.Quoted)
        {
            if (Current.Kind == TokenKind.Number && TryParseInteger(TextOf(Current), out ulong value))
            {
                values.Add((long)value);
            }

            _at++;
            if (!Accept(","))
            {
                break;
            }
        }

        directives.Add(new DirectiveSyntax(SpanFrom(first), name, values));
        if (name == "pragma")
        {
            Accept(";");
        }
    }
}
