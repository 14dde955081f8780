namespace GptSharp.Ptx.Syntax;

// What variables hold at the start.
public sealed partial class Parser
{
    private InitializerSyntax? Initializer()
    {
        if (Is("{"))
        {
            return ListOfInitializers();
        }

        if (Is("generic") && IsAt(1, "("))
        {
            _at += 2;
            return SymbolAddress(isGeneric: true, mask: 0, close: true);
        }

        if (Current.Kind == TokenKind.Number && IsAt(1, "(") && TryParseInteger(TextOf(Current), out ulong mask))
        {
            _at += 2;
            bool generic = Is("generic") && IsAt(1, "(");
            _at += generic ? 2 : 0;
            AddressInitializer? address = SymbolAddress(generic, mask, close: true);
            return address is not null && (!generic || Expect(")", "behind a masked address")) ? address : null;
        }

        if (Current.Kind == TokenKind.Name && !Is("WARP_SZ"))
        {
            return SymbolAddress(isGeneric: false, mask: 0, close: false);
        }

        return Constant() is { } literal ? new LiteralInitializer(literal) : null;
    }

    private AddressInitializer? SymbolAddress(bool isGeneric, ulong mask, bool close)
    {
        if (ExpectName("the name of a variable or function") is not { } name || !Offset(out long inside)
            || (close && !Expect(")", "behind the address of a variable")) || !Offset(out long outside))
        {
            return null;
        }

        return new AddressInitializer(name, inside + outside, isGeneric, mask);
    }

    private ListInitializer? ListOfInitializers()
    {
        if (!Enter())
        {
            return null;
        }

        _at++;
        var elements = new List<InitializerSyntax>();
        bool good = true;
        while (good && !Accept("}"))
        {
            good = elements.Count == 0 || Expect(",", "or '}' in an initialiser");
            if (good && Is("}"))
            {
                continue;
            }

            InitializerSyntax? element = good ? Initializer() : null;
            good = element is not null;
            if (element is not null)
            {
                elements.Add(element);
            }
        }

        _depth--;
        return good ? new ListInitializer(elements) : null;
    }
}
