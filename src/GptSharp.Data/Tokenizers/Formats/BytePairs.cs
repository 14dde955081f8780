using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline.Models;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Byte-level models from tokens that are written with the letters of bytes.</summary>
internal static class BytePairs
{
    /// <summary>A model of explicit merges. A token that is not written with letters of bytes is never made; special tokens are such.</summary>
    public static ByteLevelModel OfMerges(IReadOnlyList<string?> spellings, IReadOnlyList<BpeMerge> merges, SplitPattern pattern, bool ignoresMerges) =>
        new(spellings, BpeModel.FromMerges(Bytes(spellings), merges, pattern, ignoresMerges));

    /// <summary>
    /// The merges that a model of ranks means: of each token every division into two tokens, since tiktoken asks only whether the bytes of a
    /// pair are a token; in the order of the ids.
    /// </summary>
    public static IReadOnlyList<BpeMerge> MergesOfRanks(BpeModel ranks)
    {
        var merges = new List<BpeMerge>(ranks.VocabularySize * 2);
        for (int id = 0; id < ranks.VocabularySize; id++)
        {
            ReadOnlySpan<byte> token = ranks.BytesOf(id);
            var divisions = new List<BpeMerge>();
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (ranks.TryFind(token[..cut], out int left) && ranks.TryFind(token[cut..], out int right))
                {
                    divisions.Add(new BpeMerge(left, right, id));
                }
            }

            merges.AddRange(divisions.OrderBy(merge => merge.Left).ThenBy(merge => merge.Right));
        }

        return merges;
    }

    private static byte[]?[] Bytes(IReadOnlyList<string?> spellings) =>
        [.. spellings.Select(spelling => spelling is { Length: > 0 } && ByteLevel.TryRead(spelling, out byte[] bytes) ? bytes : null)];
}
