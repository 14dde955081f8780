using System.Text;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Display;

/// <summary>Writes a model's text while its tokens arrive, in <see cref="Format.Printable"/> form.</summary>
internal sealed class StreamedText
{
    private readonly ITokenizer _tokenizer;
    private readonly TextWriter _writer;
    private readonly Decoder _characters = Encoding.UTF8.GetDecoder();
    private string _held = "";
    private bool _endsLine = true;

    /// <summary>Begins with the prompt; an empty one is not seen.</summary>
    public StreamedText(ITokenizer tokenizer, TextWriter writer, string prompt)
    {
        (_tokenizer, _writer) = (tokenizer, writer);
        Write(prompt);
    }

    /// <summary>Takes the next token; writes what has become certain.</summary>
    public void Add(int token) => Take(_tokenizer.DecodeContinuationBytes([token]), isLast: false);

    /// <summary>Writes what is left, and ends the line.</summary>
    public void Finish()
    {
        Take([], isLast: true);
        if (!_endsLine)
        {
            _writer.Write('\n');
        }
    }

    // The next token may complete a character of several bytes, which the decoder keeps, or a line end of two characters.
    private void Take(byte[] bytes, bool isLast)
    {
        var characters = new char[_characters.GetCharCount(bytes, isLast)];
        _characters.GetChars(bytes, characters, isLast);
        string text = _held + new string(characters);
        _held = !isLast && text is [.., '\r'] ? "\r" : "";
        Write(text[..^_held.Length]);
    }

    private void Write(string text)
    {
        if (text.Length > 0)
        {
            _writer.Write(Format.Printable(text));
            _endsLine = text[^1] == '\n';
        }
    }
}
