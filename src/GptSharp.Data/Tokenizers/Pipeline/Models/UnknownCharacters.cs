using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline.Models;

/// <summary>What becomes of a character that a vocabulary of characters lacks: its bytes, if they all have tokens, or the unknown token.</summary>
internal sealed class UnknownCharacters
{
    private readonly int[]? _byteTokens;

    /// <param name="unknown">The token for unknown characters; null if there is none.</param>
    /// <param name="byteFallback">Whether bytes are written as tokens <c>&lt;0x00&gt;</c> ... <c>&lt;0xFF&gt;</c>.</param>
    /// <param name="find">Finds a token; a negative number if there is none.</param>
    public UnknownCharacters(int? unknown, bool byteFallback, Func<string, int> find)
    {
        Unknown = unknown;
        _byteTokens = byteFallback ? [.. Enumerable.Range(0, 256).Select(value => find(SpellingOf((byte)value)))] : null;
    }

    /// <summary>The token for unknown characters; null if there is none.</summary>
    public int? Unknown { get; }

    /// <summary>Whether bytes are tokens.</summary>
    public bool ByteFallback => _byteTokens is not null;

    /// <summary>How the token of a byte is written.</summary>
    public static string SpellingOf(byte value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>The byte that a token of this spelling stands for.</summary>
    public static bool TryReadByte(string spelling, out byte value)
    {
        value = 0;
        return spelling is ['<', '0', 'x', _, _, '>']
            && byte.TryParse(spelling.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Appends the tokens of the bytes of a character.</summary>
    /// <returns>False if one of them has none; nothing is appended then.</returns>
    public bool TryAddBytes(ReadOnlySpan<byte> character, List<int> ids)
    {
        foreach (byte value in character)
        {
            if (_byteTokens is null || _byteTokens[value] < 0)
            {
                return false;
            }
        }

        foreach (byte value in character)
        {
            ids.Add(_byteTokens![value]);
        }

        return true;
    }

    /// <summary>The unknown token.</summary>
    /// <exception cref="UnknownCharacterException">There is none, or the bytes are no character.</exception>
    public int For(ReadOnlySpan<byte> character)
    {
        if (!Utf8Text.TryRead(character, out Rune rune, out _))
        {
            throw UnknownCharacterException.InvalidByte(character[0]);
        }

        return Unknown ?? throw UnknownCharacterException.WithoutToken(rune);
    }
}
