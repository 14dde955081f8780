namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>Replaces every occurrence of a text, from left to right.</summary>
internal sealed class Replace(byte[] pattern, byte[] content) : INormalizer
{
    public byte[] Normalize(byte[] text)
    {
        int next = text.AsSpan().IndexOf(pattern);
        if (next < 0)
        {
            return text;
        }

        var result = new List<byte>(text.Length + content.Length);
        int done = 0;
        while (next >= 0)
        {
            result.AddRange(text.AsSpan(done, next));
            result.AddRange(content);
            done += next + pattern.Length;
            next = text.AsSpan(done).IndexOf(pattern);
        }

        result.AddRange(text.AsSpan(done));
        return [.. result];
    }
}
