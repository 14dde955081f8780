using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Display;

/// <summary>Writes a model's text while its tokens arrive, in <see cref="Format.Printable"/> form.</summary>
internal sealed class StreamedText
{
    private readonly ITokenizer _tokenizer;
    private readonly TextWriter _writer;
    private readonly List<int> _pending = [];
    private bool _endsLine = true;

    /// <summary>Begins with the prompt; an empty one is not seen.</summary>
    public StreamedText(ITokenizer tokenizer, TextWriter writer, string prompt)
    {
        (_tokenizer, _writer) = (tokenizer, writer);
        Write(prompt);
    }

    /// <summary>Takes the next token; writes what has become certain.</summary>
    public void Add(int token)
    {
        _pending.Add(token);
        string text = _tokenizer.Decode([.. _pending]);

        // The next token may complete a character of several bytes, or a line end of two characters.
        if (text is not [.., '\uFFFD' or '\r'])
        {
            Write(text);
        }
    }

    /// <summary>Writes what is left, and ends the line.</summary>
    public void Finish()
    {
        Write(_tokenizer.Decode([.. _pending]));
        if (!_endsLine)
        {
            _writer.Write('\n');
        }
    }

    private void Write(string text)
    {
        _pending.Clear();
        if (text.Length > 0)
        {
            _writer.Write(Format.Printable(text));
            _endsLine = text[^1] == '\n';
        }
    }
}
