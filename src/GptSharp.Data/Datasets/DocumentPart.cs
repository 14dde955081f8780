using GptSharp.Data.Corpora;

namespace GptSharp.Data.Datasets;

/// <summary>Consecutive characters of a document.</summary>
/// <param name="Document">The file.</param>
/// <param name="Start">The first character.</param>
/// <param name="End">The character after the last.</param>
internal sealed record DocumentPart(TextDocument Document, long Start, long End)
{
    /// <summary>The text, in pieces.</summary>
    /// <exception cref="CorpusException">The file is shorter than it was.</exception>
    public IEnumerable<string> ReadPieces()
    {
        long position = 0;
        foreach (string piece in Document.ReadPieces())
        {
            int length = piece.Length - piece.Count(char.IsLowSurrogate);
            int from = (int)Math.Clamp(Start - position, 0, length);
            int to = (int)Math.Clamp(End - position, 0, length);
            if (from < to)
            {
                yield return piece[IndexOf(piece, from)..IndexOf(piece, to)];
            }

            position += length;
            if (position >= End)
            {
                yield break;
            }
        }

        throw new CorpusException($"{Document.Path} became shorter while it was being read; prepare the data set again.");
    }

    // Where a character stands in UTF-16, where some take two places.
    private static int IndexOf(string piece, int character)
    {
        int index = 0;
        for (int i = 0; i < character; i++)
        {
            index += char.IsHighSurrogate(piece[index]) ? 2 : 1;
        }

        return index;
    }
}
