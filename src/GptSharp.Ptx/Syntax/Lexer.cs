namespace GptSharp.Ptx.Syntax;

/// <summary>Cuts a text into tokens, in one pass; comments, white space and preprocessor lines fall away.</summary>
internal sealed class Lexer
{
    private readonly string _text;
    private readonly List<Token> _tokens;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private Lexer(string text)
    {
        _text = text;
        _tokens = new List<Token>(text.Length / 4 + 1);
    }

    /// <summary>All tokens of a text; the last one is <see cref="TokenKind.End"/>.</summary>
    public static List<Token> Tokenize(string text)
    {
        var lexer = new Lexer(text);
        while (lexer.Next())
        {
        }

        return lexer._tokens;
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$';

    private char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private bool Next()
    {
        SkipBlank();
        int start = _at;
        if (_at >= _text.Length)
        {
            Add(TokenKind.End, start);
            return false;
        }

        char c = _text[_at];
        if (IsNameStart(c) || (c == '%' && IsNameStart(Peek(1))))
        {
            _at++;
            SkipName();
            Add(TokenKind.Name, start);
        }
        else if (char.IsAsciiDigit(c))
        {
            Number();
            Add(TokenKind.Number, start);
        }
        else if (c == '.' && IsNamePart(Peek(1)))
        {
            _at++;
            SkipName();
            while (Peek() == ':' && Peek(1) == ':' && IsNamePart(Peek(2)))
            {
                _at += 2;
                SkipName();
            }

            Add(TokenKind.Dotted, start);
        }
        else if (c == '"')
        {
            Quoted(start);
        }
        else
        {
            Punctuation(c, start);
        }

        return true;
    }

    private void SkipName()
    {
        while (IsNamePart(Peek()))
        {
            _at++;
        }
    }

    private void Number()
    {
        // 0x3f80U, 0f3F800000, 0d..., 0b101, 017 and 12 are words; a fraction and an exponent make 1.5e-3.
        int start = _at;
        SkipName();
        if (Peek() == '.' && char.IsAsciiDigit(Peek(1)) && !_text.AsSpan(start, _at - start).ContainsAnyExceptInRange('0', '9'))
        {
            _at++;
            SkipName();
        }

        if (_text[_at - 1] is 'e' or 'E' && Peek() is '+' or '-' && char.IsAsciiDigit(Peek(1)) && _text[start + 1] is not 'x' and not 'X')
        {
            _at++;
            SkipName();
        }
    }

    private void Quoted(int start)
    {
        _at++;
        while (_at < _text.Length && _text[_at] is not '"' and not '\n')
        {
            _at += _text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] != '\n' ? 2 : 1;
        }

        if (Peek() == '"')
        {
            _at++;
            Add(TokenKind.Quoted, start);
        }
        else
        {
            Add(TokenKind.Invalid, start);
        }
    }

    private void Punctuation(char c, int start)
    {
        char second = Peek(1);
        bool two = (c is '<' or '>' && second == c) || (c is '<' or '>' or '=' or '!' && second == '=')
            || (c is '&' or '|' && second == c);
        _at += two ? 2 : 1;
        const string Known = "{}[]()<>,;:@!+-*/%&|^~=?#.";
        Add(Known.Contains(c, StringComparison.Ordinal) ? TokenKind.Punctuation : TokenKind.Invalid, start);
    }

    private void Add(TokenKind kind, int start) =>
        _tokens.Add(new Token(kind, start, _at - start, _line, start - _lineStart + 1));

    private void SkipBlank()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == '\n')
            {
                _at++;
                _line++;
                _lineStart = _at;
            }
            else if (char.IsWhiteSpace(c) || c == '\uFEFF')
            {
                _at++;
            }
            else if ((c == '/' && Peek(1) == '/') || (c == '#' && OnlyBlankBefore()) || (c == '@' && Peek(1) == '@'))
            {
                // A comment, a line of the preprocessor, or the @@dwarf lines of old compilers.
                int end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            else if (c == '/' && Peek(1) == '*')
            {
                BlockComment();
            }
            else
            {
                return;
            }
        }
    }

    private bool OnlyBlankBefore() => _text.AsSpan(_lineStart, _at - _lineStart).IsWhiteSpace();

    private void BlockComment()
    {
        int end = _text.IndexOf("*/", _at + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            Token unfinished = new(TokenKind.Invalid, _at, 2, _line, _at - _lineStart + 1);
            _tokens.Add(unfinished);
        }

        int stop = end < 0 ? _text.Length : end + 2;
        for (; _at < stop; _at++)
        {
            if (_text[_at] == '\n')
            {
                _line++;
                _lineStart = _at + 1;
            }
        }
    }
}
