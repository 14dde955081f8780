using System.Globalization;

namespace GptSharp.Cli.Kernels.Ladders;

/// <summary>
/// A whole number as a function of a shape, as a rung's header writes it: <c>N/128</c>, <c>4*B*H*T*T</c>, <c>min(M, 64)</c>. A division
/// is rounded up, for it counts the blocks that cover something.
/// </summary>
internal sealed class ShapeExpression
{
    private readonly string _text;
    private readonly IReadOnlyDictionary<string, int> _shape;
    private int _position;

    private ShapeExpression(string text, IReadOnlyDictionary<string, int> shape)
    {
        _text = text;
        _shape = shape;
    }

    /// <summary>The number for a shape.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="shape">The letters' values.</param>
    /// <exception cref="FormatException">It is no such expression; the message is the end of a sentence.</exception>
    public static long Evaluate(string text, IReadOnlyDictionary<string, int> shape)
    {
        var expression = new ShapeExpression(text, shape);
        long value = expression.Sum();
        return expression.Peek() == '\0' ? value : throw expression.Unexpected();
    }

    private long Sum()
    {
        long value = Product();
        while (Peek() is '+' or '-')
        {
            value = Take() == '+' ? value + Product() : value - Product();
        }

        return value;
    }

    private long Product()
    {
        long value = Factor();
        while (Peek() is '*' or '/')
        {
            if (Take() == '*')
            {
                value = checked(value * Factor());
                continue;
            }

            long divisor = Factor();
            value = divisor > 0 ? (value + divisor - 1) / divisor : throw new FormatException($"'{_text}' divides by {divisor}");
        }

        return value;
    }

    private long Factor()
    {
        if (Peek() == '(')
        {
            Take();
            return Closed(Sum());
        }

        string word = Word();
        if (word is "min" or "max" && Peek() == '(')
        {
            Take();
            long left = Sum();
            Expect(',');
            long right = Closed(Sum());
            return word == "min" ? Math.Min(left, right) : Math.Max(left, right);
        }

        return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : _shape.TryGetValue(word, out int letter) ? letter
            : word.Length == 0 ? throw Unexpected()
            : throw new FormatException($"'{_text}' names {word}; the shape has {string.Join(", ", _shape.Keys)}");
    }

    private long Closed(long value)
    {
        Expect(')');
        return value;
    }

    private string Word()
    {
        Peek();
        int start = _position;
        while (_position < _text.Length && char.IsAsciiLetterOrDigit(_text[_position]))
        {
            _position++;
        }

        return _text[start.._position];
    }

    private char Peek()
    {
        while (_position < _text.Length && _text[_position] == ' ')
        {
            _position++;
        }

        return _position < _text.Length ? _text[_position] : '\0';
    }

    private char Take()
    {
        char taken = Peek();
        _position++;
        return taken;
    }

    private void Expect(char expected)
    {
        if (Peek() != expected)
        {
            throw Unexpected();
        }

        _position++;
    }

    private FormatException Unexpected() => new(_position < _text.Length
        ? $"'{_text}' has an unexpected '{_text[_position]}'"
        : $"'{_text}' ends too early");
}
