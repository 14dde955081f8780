using System.Buffers;
using System.Buffers.Text;
using System.Text;
using GptSharp.Cli.Display;
using GptSharp.Data;

namespace GptSharp.Cli.Tokenizers;

/// <summary>Reads ids that are written as text.</summary>
internal static class TokenIdReader
{
    private static readonly SearchValues<byte> Separators = SearchValues.Create(" \t\r\n,[]"u8);

    /// <summary>Ids, separated by white space, commas or the brackets of a list.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vocabularySize">Ids are below it.</param>
    /// <exception cref="CorpusException">Something else stands there, or an id that no token has.</exception>
    public static int[] Read(ReadOnlySpan<byte> text, int vocabularySize)
    {
        var ids = new List<int>();
        while (true)
        {
            text = text.TrimStart(" \t\r\n,[]"u8);
            if (text.IsEmpty)
            {
                return [.. ids];
            }

            int end = text.IndexOfAny(Separators);
            ReadOnlySpan<byte> word = end < 0 ? text : text[..end];
            if (!Utf8Parser.TryParse(word, out int id, out int used) || used != word.Length)
            {
                string shown = Encoding.UTF8.GetString(word[..Math.Min(word.Length, 40)]);
                throw new CorpusException(FormattableString.Invariant($"standard input: '{shown}', behind {Format.Count(ids.Count, "id")}, is no id of a token, which is a whole number."));
            }

            ids.Add(Check(id, ids.Count, vocabularySize, "standard input"));
            text = text[word.Length..];
        }
    }

    /// <summary>An id, if a token has it.</summary>
    public static int Check(long id, int before, int vocabularySize, string place) => id >= 0 && id < vocabularySize
        ? (int)id
        : throw new CorpusException(FormattableString.Invariant($"{place}: the id {id}, behind {Format.Count(before, "other")}, is not in the vocabulary, whose ids are 0 ... {vocabularySize - 1}."));
}
