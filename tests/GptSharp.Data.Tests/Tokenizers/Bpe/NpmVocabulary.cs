using System.Collections.Concurrent;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>The vocabularies that npm's tiktoken brings, as models. Skips the test where the package is not installed.</summary>
internal static class NpmVocabulary
{
    private static readonly ConcurrentDictionary<string, Lazy<BpeModel>> Models = new();

    public static readonly string[] Names = ["gpt2", "cl100k_base", "o200k_base"];

    public static BpeModel Load(string name)
    {
        string folder = NodeProgram.PackageOrSkip("tiktoken");
        return Models.GetOrAdd(name, _ => new Lazy<BpeModel>(() => BpeModel.FromRanks(
            Tokens(Path.Combine(folder, "encoders", $"{name}.json")),
            name switch { "gpt2" => SplitPattern.Gpt2, "cl100k_base" => SplitPattern.Cl100k, _ => SplitPattern.O200k }))).Value;
    }

    // Lines of: a mark, the first rank, tokens in base 64.
    private static List<byte[]?> Tokens(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tokens = new List<byte[]?>();
        foreach (string line in document.RootElement.GetProperty("bpe_ranks").GetString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            Assert.Equal(tokens.Count, int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture));
            tokens.AddRange(words[2..].Select(Convert.FromBase64String));
        }

        return tokens;
    }
}
