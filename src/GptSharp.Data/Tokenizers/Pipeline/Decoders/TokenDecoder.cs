using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline.Decoders;

/// <summary>
/// Turns tokens into bytes. Tokens pass the steps one by one until a step fuses them; what follows concerns the whole text. Bytes stay
/// bytes, so that tokens which end within a character lose nothing.
/// </summary>
internal sealed class TokenDecoder
{
    private static readonly byte[] Unused = Encoding.UTF8.GetBytes("\uFFFD");

    private readonly byte[][] _bytes;
    private readonly IReadOnlyList<DecoderStep> _steps;
    private readonly Func<int, string?> _spelling;
    private readonly bool _spaces;

    /// <param name="count">Tokens are 0 ... count - 1.</param>
    /// <param name="spelling">How a token is written; null for an id that is not used.</param>
    /// <param name="steps">The steps; null puts a space between tokens, as Hugging Face's tokenizers do without a decoder.</param>
    public TokenDecoder(int count, Func<int, string?> spelling, IReadOnlyList<DecoderStep>? steps)
    {
        (_spelling, _steps, _spaces) = (spelling, steps ?? [], steps is null);
        _bytes = [.. Enumerable.Range(0, count).Select(id => BytesOf(id, isFirst: false))];
    }

    /// <summary>The bytes of one token in the midst of others.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => (uint)id < (uint)_bytes.Length ? _bytes[id] : Unused;

    /// <summary>The bytes of tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="continues">Whether other tokens stand before them, so that what is done to the start of a text is not done here.</param>
    public byte[] Decode(ReadOnlySpan<int> tokens, bool continues)
    {
        var result = new List<byte>(tokens.Length * 4);
        for (int i = 0; i < tokens.Length; i++)
        {
            if (_spaces && (continues || i > 0))
            {
                result.Add((byte)' ');
            }

            result.AddRange(i == 0 && !continues ? BytesOf(tokens[0], isFirst: true) : BytesOf(tokens[i]));
        }

        byte[] text = [.. result];
        foreach (DecoderStep step in _steps.Where(step => step.ConcernsWhole))
        {
            text = step.Apply(text, isFirst: !continues);
        }

        return text;
    }

    private byte[] BytesOf(int id, bool isFirst)
    {
        if (_spelling(id) is not { } spelling)
        {
            return Unused;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(spelling);
        foreach (DecoderStep step in _steps.Where(step => !step.ConcernsWhole))
        {
            bytes = step.Apply(bytes, isFirst);
        }

        return bytes;
    }
}
