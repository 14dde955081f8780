using System.Runtime.InteropServices;
using System.Text;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tokenizers.Pipeline.Models;

/// <summary>
/// Byte-pair encoding of characters, as SentencePiece and LLaMA 2 have it: a piece starts as its characters, those that the vocabulary
/// lacks as their bytes or as the unknown token.
/// </summary>
internal sealed class CharacterPairModel : ITokenModel
{
    private readonly IReadOnlyList<string?> _spellings;
    private readonly Dictionary<byte[], int> _ids = new(ByteStringComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly MergeTable _table;

    public CharacterPairModel(IReadOnlyList<string?> spellings, IReadOnlyList<BpeMerge> merges)
    {
        (_spellings, Merges) = (spellings, merges);
        for (int id = 0; id < spellings.Count; id++)
        {
            if (spellings[id] is { } spelling)
            {
                _ids.Add(Encoding.UTF8.GetBytes(spelling), id);
            }
        }

        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<byte>>();
        _table = new MergeTable(merges);
    }

    /// <summary>The merges, lowest rank first.</summary>
    public IReadOnlyList<BpeMerge> Merges { get; }

    /// <summary>What becomes of characters that the vocabulary lacks.</summary>
    public required UnknownCharacters Unknown { get; init; }

    /// <summary>Whether unknown characters that follow each other become one token.</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>Whether a piece that is a token is taken whole.</summary>
    public bool IgnoresMerges { get; init; }

    public int Count => _spellings.Count;

    public string? SpellingOf(int id) => (uint)id < (uint)Count ? _spellings[id] : null;

    public bool TryFind(string spelling, out int id) => _lookup.TryGetValue(Encoding.UTF8.GetBytes(spelling), out id);

    public void Encode(ReadOnlySpan<byte> piece, List<int> ids)
    {
        if (IgnoresMerges && _lookup.TryGetValue(piece, out int whole))
        {
            ids.Add(whole);
            return;
        }

        int first = ids.Count;
        bool endsUnknown = false;
        for (int position = 0; position < piece.Length;)
        {
            Utf8Text.TryRead(piece[position..], out _, out int length);
            ReadOnlySpan<byte> character = piece.Slice(position, length);
            position += length;
            bool isUnknown = false;
            if (_lookup.TryGetValue(character, out int id))
            {
                ids.Add(id);
            }
            else if (!Unknown.TryAddBytes(character, ids))
            {
                isUnknown = true;
                int unknown = Unknown.For(character);
                if (!(FusesUnknown && endsUnknown))
                {
                    ids.Add(unknown);
                }
            }

            endsUnknown = isUnknown;
        }

        int left = _table.Merge(CollectionsMarshal.AsSpan(ids)[first..]);
        CollectionsMarshal.SetCount(ids, first + left);
    }
}
