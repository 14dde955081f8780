namespace GptSharp.Data.Corpora;

/// <summary>A document of a corpus, or a section of a long one.</summary>
/// <param name="Raw">Where it comes from.</param>
/// <param name="Text">Its text.</param>
/// <param name="Fields">Other fields of its line of JSON that were asked for and are there.</param>
internal sealed record Document(RawDocument Raw, string Text, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Unicode characters of a text.</summary>
    public static int CharactersOf(ReadOnlySpan<char> text)
    {
        int pairs = 0;
        foreach (char unit in text)
        {
            pairs += char.IsLowSurrogate(unit) ? 1 : 0;
        }

        return text.Length - pairs;
    }
}
