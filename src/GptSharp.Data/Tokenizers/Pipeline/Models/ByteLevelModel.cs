using System.Buffers;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tokenizers.Pipeline.Models;

/// <summary>Byte-pair encoding of bytes. A token is written with the letters of <see cref="ByteLevel"/>.</summary>
internal sealed class ByteLevelModel : ITokenModel
{
    private readonly IReadOnlyList<string?> _spellings;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Lazy<IReadOnlyList<BpeMerge>> _merges;

    /// <param name="spellings">How each token is written; special ones, which no merge makes, are among them.</param>
    /// <param name="pairs">What encodes.</param>
    /// <param name="merges">Its merges, of which those of ranks have more than <see cref="BpeModel.Merges"/> tells; null for these.</param>
    public ByteLevelModel(IReadOnlyList<string?> spellings, BpeModel pairs, Func<IReadOnlyList<BpeMerge>>? merges = null)
    {
        (_spellings, Pairs, _merges) = (spellings, pairs, new Lazy<IReadOnlyList<BpeMerge>>(merges ?? (() => pairs.Merges)));
        for (int id = 0; id < spellings.Count; id++)
        {
            if (spellings[id] is { } spelling)
            {
                _ids.Add(spelling, id);
            }
        }
    }

    /// <summary>Merges and pattern.</summary>
    public BpeModel Pairs { get; }

    /// <summary>All merges, lowest rank first: with them, a model of explicit merges encodes as this one does.</summary>
    public IReadOnlyList<BpeMerge> Merges => _merges.Value;

    public int Count => _spellings.Count;

    public string? SpellingOf(int id) => (uint)id < (uint)Count ? _spellings[id] : null;

    public bool TryFind(string spelling, out int id) => _ids.TryGetValue(spelling, out id);

    public void Encode(ReadOnlySpan<byte> piece, List<int> ids)
    {
        int[] buffer = ArrayPool<int>.Shared.Rent(piece.Length);
        try
        {
            ids.AddRange(buffer.AsSpan(0, Pairs.Encode(piece, buffer)));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }
}
