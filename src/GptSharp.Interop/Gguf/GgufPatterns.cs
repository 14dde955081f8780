using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Interop.Gguf;

/// <summary>llama.cpp's names for the patterns that divide text into pieces (<c>tokenizer.ggml.pre</c>).</summary>
internal static class GgufPatterns
{
    // The first name of each kind is the one that is written. A kind that ignores merges takes a piece that is a token whole.
    private static readonly (SplitPattern Pattern, bool IgnoresMerges, string[] Names)[] Kinds =
    [
        (SplitPattern.Gpt2, false, ["gpt-2", "phi-2", "mpt", "olmo"]),
        (SplitPattern.Llama3, true, ["llama-bpe", "llama3", "llama-v3"]),
        (SplitPattern.Cl100k, false, ["dbrx", "smaug-bpe"]),
        (SplitPattern.O200k, false, ["gpt-4o"]),
        (SplitPattern.Qwen2, false, ["qwen2", "deepseek-r1-qwen", "megrez"]),
    ];

    /// <summary>All names that are understood.</summary>
    public static IEnumerable<string> Names => Kinds.SelectMany(kind => kind.Names);

    /// <summary>The name of a pattern, or null when llama.cpp has none.</summary>
    public static string? NameOf(SplitPattern pattern, bool ignoresMerges)
    {
        // Llama 3's pattern is that of cl100k under its own name.
        bool Fits(SplitPattern known) => known == pattern
            || (pattern is SplitPattern.Llama3 or SplitPattern.Cl100k && known is SplitPattern.Llama3 or SplitPattern.Cl100k);
        return Array.Find(Kinds, kind => Fits(kind.Pattern) && kind.IgnoresMerges == ignoresMerges).Names?[0];
    }

    /// <summary>The pattern of that name.</summary>
    public static bool TryFind(string name, out SplitPattern pattern, out bool ignoresMerges)
    {
        (pattern, ignoresMerges, string[]? names) = Array.Find(Kinds, kind => kind.Names.Contains(name));
        return names is not null;
    }
}
