using System.Text;
using GptSharp.Data.Tokenizers.Pipeline.Normalizers;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    /// <summary>The normalizer; null if there is none.</summary>
    public static INormalizer? Read(JsonPlace place)
    {
        if (!place.IsGiven)
        {
            return null;
        }

        string type = place["type"].Text();
        return type switch
        {
            "Sequence" => new NormalizerSequence([.. place["normalizers"].Items().Select(Read).OfType<INormalizer>()]),
            "Prepend" => new Prepend(Encoding.UTF8.GetBytes(place["prepend"].Text())),
            "Replace" => ReadReplace(place),
            "NFC" => new CharacterNormalizer(new UnicodeForm(compatible: false, composes: true).Normalize),
            "NFD" => new CharacterNormalizer(new UnicodeForm(compatible: false, composes: false).Normalize),
            "NFKC" => new CharacterNormalizer(new UnicodeForm(compatible: true, composes: true).Normalize),
            "NFKD" => new CharacterNormalizer(new UnicodeForm(compatible: true, composes: false).Normalize),

            // The only character whose small form is two characters.
            "Lowercase" => new CharacterNormalizer(text => text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal)),
            "Strip" => ReadStrip(place["strip_left"].Flag(false), place["strip_right"].Flag(false)),
            "Precompiled" => ReadCharacterMap(place["precompiled_charsmap"]),
            _ => throw place["type"].Refused(
                $"is {type}, a normalizer that GptSharp does not have; it has NFC, NFD, NFKC, NFKD, Lowercase, Strip, Prepend, Replace, Precompiled and Sequence."),
        };
    }

    /// <summary>Whether a text may be cut before a line feed that follows an ASCII letter: no normalizer looks beyond that place or removes the line feed.</summary>
    public static bool KeepsLineFeeds(JsonPlace place) => !place.IsGiven || place["type"].Text() switch
    {
        "NFC" or "NFD" or "NFKC" or "NFKD" or "Lowercase" => true,
        "Sequence" => place["normalizers"].Items().All(KeepsLineFeeds),
        _ => false,
    };

    private static INormalizer ReadReplace(JsonPlace place)
    {
        byte[] content = Encoding.UTF8.GetBytes(place["content"].Text());
        JsonPlace pattern = place["pattern"];
        if (pattern["String"] is { IsGiven: true } literal)
        {
            return literal.Text().Length > 0
                ? new Replace(Encoding.UTF8.GetBytes(literal.Text()), content)
                : throw literal.Refused("is empty, so that nothing can be replaced.");
        }

        JsonPlace regex = pattern["Regex"];
        return regex.Text() switch
        {
            "^ +" => new ReplaceSpaces(SpaceRun.Leading, content),
            " +$" => new ReplaceSpaces(SpaceRun.Trailing, content),
            " {2,}" => new ReplaceSpaces(SpaceRun.Repeated, content),
            _ => throw regex.Refused($"is {regex.Found()}, a regular expression that GptSharp does not have; of those that replace it has ^ +, {" +$"} and {" {2,}"}."),
        };
    }

    private static CharacterNormalizer ReadStrip(bool left, bool right) => new(text =>
        (left, right) switch
        {
            (true, true) => text.Trim(),
            (true, false) => text.TrimStart(),
            (false, true) => text.TrimEnd(),
            _ => text,
        });

    private static CompiledCharacterMap ReadCharacterMap(JsonPlace place)
    {
        string text = place.Text();
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(text, bytes, out int length)
            ? CompiledCharacterMap.Read(bytes.AsSpan(0, length), place.Refused)
            : throw place.Refused("is not base64.");
    }
}
