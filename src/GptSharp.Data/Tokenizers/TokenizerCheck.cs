using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>Checks a tokenizer by using it.</summary>
public static class TokenizerCheck
{
    private const int RandomTexts = 200;

    /// <summary>Checks a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="others">Other files that should hold the same, by name.</param>
    /// <param name="texts">Texts that must come back byte for byte.</param>
    public static TokenizerReport Run(ITokenizer tokenizer, IReadOnlyList<(string Name, ITokenizer Tokenizer)> others, IReadOnlyList<byte[]> texts)
    {
        var facts = new List<string>();
        var problems = new List<string>();
        if (tokenizer is TextTokenizer known)
        {
            CheckTokens(known, facts);
            CheckSpecial(known, facts, problems);
        }

        byte[][] all = [.. texts, .. Random(tokenizer)];
        CheckReturn(tokenizer, all, texts.Count, facts, problems);
        foreach ((string name, ITokenizer other) in others)
        {
            int different = all.Count(text => !tokenizer.EncodeBytes(text).SequenceEqual(other.EncodeBytes(text)));
            (different == 0 ? facts : problems).Add(different == 0
                ? $"{name} gives the same ids."
                : Invariant($"{name} gives other ids for {different} of {all.Length} texts."));
        }

        return new TokenizerReport(facts, problems);
    }

    // A token that its own text does not give is no fault: a pattern or another merge may stand in the way.
    private static void CheckTokens(TextTokenizer tokenizer, List<string> facts)
    {
        int[] text = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(id => tokenizer.TypeOf(id) == SentencePieceType.Normal)];
        int own = text.Count(id => Encodes(tokenizer, tokenizer.BytesOf(id)) is [int only] && only == id);
        facts.Add(Invariant($"{own} of {text.Length} tokens of text are what their own text becomes."));
    }

    private static void CheckSpecial(TextTokenizer tokenizer, List<string> facts, List<string> problems)
    {
        AddedToken[] lost = [.. tokenizer.AddedTokens.Where(token => !tokenizer.Encode(token.Content).Contains(token.Id))];
        (lost.Length == 0 ? facts : problems).Add(lost.Length == 0
            ? Invariant($"All added tokens are found in text: {tokenizer.AddedTokens.Count}.")
            : Invariant($"{Quantity.Of(lost.Length, "added token")} {(lost.Length == 1 ? "is not found in text:" : "are not found in text, the first of them")} {lost[0].Content} (id {lost[0].Id})."));
    }

    private static void CheckReturn(ITokenizer tokenizer, byte[][] all, int given, List<string> facts, List<string> problems)
    {
        for (int i = 0; i < all.Length; i++)
        {
            byte[] back = tokenizer.DecodeBytes(tokenizer.EncodeBytes(all[i]));
            if (!back.AsSpan().SequenceEqual(all[i]))
            {
                int place = back.AsSpan().CommonPrefixLength(all[i]);
                string which = i < given ? Invariant($"Text {i + 1}") : Invariant($"A random text of {all[i].Length} bytes");
                (i < given ? problems : facts).Add(Invariant($"{which} does not come back: it differs from byte {place} on."));
                return;
            }
        }

        facts.Add(Invariant($"{all.Length} texts come back byte for byte{(tokenizer is TextTokenizer { BytePairs: not null } ? ", invalid UTF-8 among them" : "")}."));
    }

    private static int[]? Encodes(TextTokenizer tokenizer, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return tokenizer.EncodeBytes(bytes);
        }
        catch (UnknownCharacterException)
        {
            return null;
        }
    }

    // Texts of the tokenizer's own tokens, and bytes of any kind where it has tokens for them.
    private static IEnumerable<byte[]> Random(ITokenizer tokenizer)
    {
        var random = new Random(1);
        for (int i = 0; i < RandomTexts; i++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(tokenizer.VocabularySize))];
            byte[] text = tokenizer.DecodeBytes(ids);
            bool takesAnyBytes = tokenizer is ByteTokenizer or TextTokenizer { BytePairs: not null };
            yield return takesAnyBytes ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace("\uFFFD", "", StringComparison.Ordinal));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
