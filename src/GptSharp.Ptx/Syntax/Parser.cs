using System.Globalization;

namespace GptSharp.Ptx.Syntax;

/// <summary>
/// Parses PTX by recursive descent. A statement that is not PTX is noted and skipped, so that one pass finds them all; the time is
/// linear in the text, and nesting is bounded, so that no text can exhaust the stack.
/// </summary>
public sealed partial class Parser
{
    private const int DeepestNesting = 200;

    private readonly string _text;
    private readonly List<Token> _tokens;
    private readonly List<RefusedStatement> _refused = [];
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _words;
    private int _at;
    private int _depth;
    private string? _failure;

    private Parser(string text)
    {
        _text = text;
        _tokens = Lexer.Tokenize(text);
        _words = new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private Token Current => _tokens[_at];

    /// <summary>Parses a file's text; never throws, whatever the text.</summary>
    public static ModuleSyntax Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Parser(text).ParseModule();
    }

    private Token Ahead(int count) => _tokens[Math.Min(_at + count, _tokens.Count - 1)];

    private ReadOnlySpan<char> TextOf(Token token) => _text.AsSpan(token.Start, token.Length);

    // Registers and opcodes come again and again: one string each.
    private string Word(Token token, int skip = 0)
    {
        ReadOnlySpan<char> span = TextOf(token)[skip..];
        if (!_words.TryGetValue(span, out string? word))
        {
            word = span.ToString();
            _words[span] = word;
        }

        return word;
    }

    private bool Is(string text) => IsAt(0, text);

    private bool IsAt(int ahead, string text)
    {
        Token token = Ahead(ahead);
        return token.Kind is not TokenKind.End and not TokenKind.Quoted && TextOf(token).SequenceEqual(text);
    }

    private bool Accept(string text)
    {
        if (!Is(text))
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool Expect(string text, string where)
    {
        if (Accept(text))
        {
            return true;
        }

        return Fail($"'{text}' was expected {where}");
    }

    // The first failure of a statement says what is wrong; later ones only follow from it.
    private bool Fail(string expectation)
    {
        _failure ??= Current.Kind switch
        {
            TokenKind.End => $"{expectation}, not the end of the file.",
            TokenKind.Invalid when TextOf(Current)[0] == '"' => $"{expectation}; the text at line {Current.Line}, column {Current.Column} has no closing quote.",
            TokenKind.Invalid when TextOf(Current).StartsWith("/*") => $"the comment at line {Current.Line}, column {Current.Column} has no end.",
            _ => $"{expectation}, not '{Shorten(TextOf(Current))}' (line {Current.Line}, column {Current.Column}).",
        };
        return false;
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}...";

    private string? ExpectName(string what)
    {
        if (Current.Kind == TokenKind.Name)
        {
            return Word(_tokens[_at++]);
        }

        Fail($"{what} was expected");
        return null;
    }

    private SourceSpan SpanFrom(Token first) => SpanFrom(first, _at);

    private SourceSpan SpanFrom(Token first, int end)
    {
        int last = end > 0 ? _tokens[end - 1].End : first.End;
        return new SourceSpan(_text, first.Start, Math.Max(last - first.Start, first.Length), first.Line, first.Column);
    }

    // Notes a statement that began at a token and goes on behind its semicolon; or, when that is missing, on the next line that
    // the error has not reached.
    private void Refuse(int first)
    {
        Token start = _tokens[first];
        string reason = _failure ?? "this is no PTX statement.";
        int failed = Math.Max(_at, first);
        if (failed > first && IsFirstOfLine(failed) && Current.Kind is TokenKind.Name or TokenKind.Dotted
            && _tokens[failed].Line > start.Line && !Is(";"))
        {
            // A statement without its semicolon: the next one begins here.
        }
        else
        {
            SkipStatement(first);
        }

        Note(start, reason);
    }

    private void Note(Token start, string reason)
    {
        _refused.Add(new RefusedStatement(SpanFrom(start), char.ToUpperInvariant(reason[0]) + reason[1..]));
        _failure = null;
    }

    private bool IsFirstOfLine(int token) => token == 0 || _tokens[token - 1].Line < _tokens[token].Line;

    // Whether a line begins with what no statement goes on with: a guard, a directive, a label, an opcode.
    private bool StartsStatement() => Is("@") || Current.Kind == TokenKind.Dotted
        || (Current.Kind == TokenKind.Name && (IsAt(1, ":") || Ahead(1).Kind == TokenKind.Dotted) && TextOf(Current)[0] != '%');

    // Behind the semicolon; before a brace that closes the scope around the statement, or before a line that begins another one.
    private void SkipStatement(int first)
    {
        int depth = 0;
        for (int i = first; i < _at; i++)
        {
            depth += BraceStep(_tokens[i]);
        }

        while (Current.Kind != TokenKind.End)
        {
            int step = BraceStep(Current);
            if ((step < 0 && depth <= 0) || (_at > first && IsFirstOfLine(_at) && StartsStatement()))
            {
                break;
            }

            depth += step;
            bool end = Is(";");
            _at++;
            if (end)
            {
                break;
            }
        }

        if (_at == first && Current.Kind != TokenKind.End)
        {
            _at++;
        }
    }

    private int BraceStep(Token token) => token.Kind != TokenKind.Punctuation ? 0 : _text[token.Start] switch
    {
        '{' => 1,
        '}' => -1,
        _ => 0,
    };

    private static bool TryParseInteger(ReadOnlySpan<char> digits, out ulong value)
    {
        if (digits.Length > 1 && digits[^1] is 'U' or 'u')
        {
            digits = digits[..^1];
        }

        value = 0;
        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'x' or 'X')
        {
            return ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'b' or 'B')
        {
            return ulong.TryParse(digits[2..], NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (digits.Length > 1 && digits[0] == '0')
        {
            foreach (char digit in digits[1..])
            {
                if (digit is < '0' or > '7' || value >> 61 != 0)
                {
                    return false;
                }

                value = (value << 3) | (uint)(digit - '0');
            }

            return true;
        }

        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
