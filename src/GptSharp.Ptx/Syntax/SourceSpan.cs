using System.Text;

namespace GptSharp.Ptx.Syntax;

/// <summary>A stretch of a PTX file: where a statement stands and how to quote it.</summary>
public readonly record struct SourceSpan
{
    private const int LongestQuote = 200;

    private readonly string _source;

    internal SourceSpan(string source, int start, int length, int line, int column)
    {
        _source = source;
        (Start, Length, Line, Column) = (start, length, line, column);
    }

    /// <summary>Index of the first character in the file's text.</summary>
    public int Start { get; }

    /// <summary>Number of characters.</summary>
    public int Length { get; }

    /// <summary>Line of the first character, counted from 1.</summary>
    public int Line { get; }

    /// <summary>Column of the first character, counted from 1.</summary>
    public int Column { get; }

    /// <summary>The text, each run of white space written as one blank, cut after 200 characters.</summary>
    public string Text
    {
        get
        {
            if (_source is null)
            {
                return "";
            }

            var text = new StringBuilder();
            bool blank = false;
            foreach (char c in _source.AsSpan(Start, Length))
            {
                if (char.IsWhiteSpace(c))
                {
                    blank = true;
                    continue;
                }

                if (blank && text.Length > 0)
                {
                    text.Append(' ');
                }

                blank = false;
                text.Append(c);
                if (text.Length >= LongestQuote)
                {
                    return text.Append("...").ToString();
                }
            }

            return text.ToString();
        }
    }

    /// <summary>For messages: <c>line 12, column 3: add.s32 %r1, %r2, %r3;</c>.</summary>
    public override string ToString() => $"line {Line}, column {Column}: {Text}";
}
