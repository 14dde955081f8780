using System.Buffers.Binary;
using System.Text;
using GptSharp.Files;

namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>
/// SentencePiece's compiled normalization rules ("precompiled_charsmap"): a double-array trie of what is replaced, and behind it the
/// replacements, each ended by a zero byte. At each place the longest rule applies; what no rule names stays.
/// Source: Yata, "Darts-clone", for the trie's units; sentencepiece, normalizer.cc, for the rest.
/// </summary>
internal sealed class CompiledCharacterMap : INormalizer
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CompiledCharacterMap(uint[] units, byte[] replacements) => (_units, _replacements) = (units, replacements);

    /// <summary>Reads a map.</summary>
    /// <param name="map">Its bytes.</param>
    /// <param name="refuse">Makes the exception that names file and place.</param>
    public static CompiledCharacterMap Read(ReadOnlySpan<byte> map, Func<string, RefusedFileException> refuse)
    {
        uint trieBytes = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : 0;
        if (trieBytes == 0 || trieBytes % 4 != 0 || trieBytes > map.Length - 4)
        {
            throw refuse($"is no compiled character map: it has {map.Length} bytes, and its trie would take {trieBytes} of them.");
        }

        var units = new uint[trieBytes / 4];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (4 * i))..]);
        }

        byte[] replacements = map[(4 + (int)trieBytes)..].ToArray();
        return replacements is [.., 0]
            ? new CompiledCharacterMap(units, replacements)
            : throw refuse("is no compiled character map: its last replacement has no end.");
    }

    public byte[] Normalize(byte[] text)
    {
        var result = new List<byte>(text.Length);
        int position = 0;
        while (position < text.Length)
        {
            (int length, int replacement) = Longest(text.AsSpan(position));
            if (length > 0)
            {
                ReadOnlySpan<byte> content = _replacements.AsSpan(replacement);
                result.AddRange(content[..content.IndexOf((byte)0)]);
            }
            else
            {
                Utf8Text.TryRead(text.AsSpan(position), out Rune _, out length);
                result.AddRange(text.AsSpan(position, length));
            }

            position += length;
        }

        return [.. result];
    }

    // A unit has the label of the byte that leads to it (bits 0-7), whether a value hangs below it (8), and the distance to its
    // children (10-30, times 256 if bit 9 is set). A damaged trie leads outside of the array, which ends the search.
    private (int Length, int Replacement) Longest(ReadOnlySpan<byte> text)
    {
        (int Length, int Replacement) found = (0, 0);
        uint node = Children(0, _units[0]);
        for (int i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || (_units[node] & 0x800000FF) != text[i])
            {
                break;
            }

            uint unit = _units[node];
            node = Children(node, unit);
            if ((unit & 0x100) != 0 && node < _units.Length && (_units[node] & 0x7FFFFFFF) < _replacements.Length)
            {
                found = (i + 1, (int)(_units[node] & 0x7FFFFFFF));
            }
        }

        return found;
    }

    private static uint Children(uint node, uint unit) => node ^ ((unit >> 10) << (int)((unit & 0x200) >> 6));
}
