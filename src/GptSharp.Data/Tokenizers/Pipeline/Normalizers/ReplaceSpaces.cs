namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>Which spaces (U+0020) <see cref="ReplaceSpaces"/> replaces.</summary>
internal enum SpaceRun
{
    /// <summary>Those at the start.</summary>
    Leading,

    /// <summary>Those at the end.</summary>
    Trailing,

    /// <summary>Every run of two or more.</summary>
    Repeated,
}

/// <summary>Replaces runs of spaces: the regular expressions <c>^ +</c>, <c> +$</c> and <c> {2,}</c>, with which tokenizers of SentencePiece remove extra spaces.</summary>
internal sealed class ReplaceSpaces(SpaceRun runs, byte[] content) : INormalizer
{
    public byte[] Normalize(byte[] text)
    {
        var result = new List<byte>(text.Length);
        int position = 0;
        while (position < text.Length)
        {
            int end = position;
            while (end < text.Length && text[end] == ' ')
            {
                end++;
            }

            bool replaces = end > position && runs switch
            {
                SpaceRun.Leading => position == 0,
                SpaceRun.Trailing => end == text.Length,
                _ => end - position >= 2,
            };
            end = Math.Max(end, position + 1);
            result.AddRange(replaces ? content : text.AsSpan(position, end - position));
            position = end;
        }

        return [.. result];
    }
}
