using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using GptSharp.Data.Corpora;

namespace GptSharp.Data.Datasets;

/// <summary>What one reading of a corpus tells: lengths, hashes and the characters that occur.</summary>
/// <param name="Documents">The documents that have any text.</param>
/// <param name="Alphabet">Every character that occurs.</param>
internal sealed record TextSurvey(IReadOnlyList<SurveyedDocument> Documents, IReadOnlyList<Rune> Alphabet)
{
    private const int CodePoints = 0x110000;

    /// <summary>Characters of all documents.</summary>
    public long Characters => Documents.Sum(document => document.Characters);

    /// <summary>Reads a corpus from start to end, in constant memory.</summary>
    /// <exception cref="CorpusException">It is no text, or holds none.</exception>
    public static TextSurvey Of(TextCorpus corpus)
    {
        var occurs = new bool[CodePoints];
        var documents = new List<SurveyedDocument>(corpus.Documents.Count);
        foreach (TextDocument document in corpus.Documents)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long characters = 0;
            foreach (string piece in document.ReadPieces())
            {
                hash.AppendData(MemoryMarshal.AsBytes(piece.AsSpan()));
                foreach (Rune character in piece.EnumerateRunes())
                {
                    occurs[character.Value] = true;
                    characters++;
                }
            }

            if (characters > 0)
            {
                documents.Add(new SurveyedDocument(document, characters, Convert.ToHexStringLower(hash.GetHashAndReset())));
            }
        }

        return documents.Count > 0
            ? new TextSurvey(documents, [.. Enumerable.Range(0, CodePoints).Where(code => occurs[code]).Select(code => new Rune(code))])
            : throw new CorpusException($"{corpus.Path} holds no text, only a byte-order mark.");
    }
}
