using System.Text;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Files;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>A vocabulary and its merges in two files: vocab.json and merges.txt, or as GPT-2 came, encoder.json and vocab.bpe.</summary>
internal static class VocabularyFiles
{
    private const string EndOfText = "<|endoftext|>";

    /// <summary>The names that both files have, in the order in which they are looked for.</summary>
    public static IReadOnlyList<(string Vocabulary, string Merges)> Names { get; } = [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")];

    /// <summary>Both files, if a path names one of them.</summary>
    /// <exception cref="RefusedFileException">The other one is missing.</exception>
    public static (string Vocabulary, string Merges)? FindPair(string path)
    {
        string name = Path.GetFileName(path);
        if (Names.FirstOrDefault(names => name == names.Vocabulary || name == names.Merges) is not { Vocabulary: not null } found)
        {
            return null;
        }

        string folder = Path.GetDirectoryName(path) ?? "";
        (string Vocabulary, string Merges) pair = (Path.Combine(folder, found.Vocabulary), Path.Combine(folder, found.Merges));
        string? missing = !File.Exists(pair.Vocabulary) ? found.Vocabulary : !File.Exists(pair.Merges) ? found.Merges : null;
        return missing is null
            ? pair
            : throw new RefusedFileException(path, $"{missing} is missing beside it; a vocabulary and its merges are two files.");
    }

    /// <summary>Reads both files.</summary>
    /// <param name="vocabularyPath">Tokens, in the letters of bytes, with their ids.</param>
    /// <param name="mergesPath">Merges, one a line, behind a line that begins with <c>#version</c>.</param>
    /// <param name="pattern">How text is cut.</param>
    /// <exception cref="RefusedFileException">One of them is damaged, or they do not belong together.</exception>
    public static TextTokenizer Read(string vocabularyPath, string mergesPath, SplitPattern pattern)
    {
        TokenList tokens = ReadVocabulary(vocabularyPath);
        var merges = new MergeList(tokens);
        string[] lines = ReadLines(mergesPath);
        for (int i = 0; i < lines.Length; i++)
        {
            bool isHeading = i == 0 && lines[i].StartsWith("#version", StringComparison.Ordinal);
            if (!isHeading && lines[i].Length > 0)
            {
                int number = i + 1;
                merges.Add(lines[i], problem => new RefusedFileException(mergesPath, FormattableString.Invariant($"line {number} {problem}")));
            }
        }

        int endOfText = tokens.Find(EndOfText);
        return ByteLevelTokenizers.Create(
            BytePairs.OfMerges(tokens.Spellings, merges.Merges, pattern, ignoresMerges: false),
            endOfText < 0 ? [] : [new AddedToken(endOfText, EndOfText) { Special = true }]);
    }

    /// <summary>The text of a vocabulary file.</summary>
    public static string WriteVocabulary(TextTokenizer tokenizer)
    {
        IEnumerable<string> members = Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(id => tokenizer.SpellingOf(id) is not null)
            .Select(id => FormattableString.Invariant($"{KnownStages.Quote(tokenizer.SpellingOf(id)!)}:{id}"));
        return "{" + string.Join(',', members) + "}";
    }

    /// <summary>The text of a file of merges.</summary>
    public static string WriteMerges(TextTokenizer tokenizer)
    {
        var text = new StringBuilder("#version: 0.2\n");
        foreach (BpeMerge merge in tokenizer.BytePairs!.Merges)
        {
            text.Append(tokenizer.SpellingOf(merge.Left)).Append(' ').Append(tokenizer.SpellingOf(merge.Right)).Append('\n');
        }

        return text.ToString();
    }

    private static TokenList ReadVocabulary(string path)
    {
        using JsonDocument document = JsonPlace.Parse(path, File.ReadAllBytes(path));
        (string Key, JsonPlace Value)[] members = [.. JsonPlace.Of(path, document).Members()];
        if (members.Length == 0)
        {
            throw new RefusedFileException(path, "it has no tokens.");
        }

        var tokens = new TokenList(members.Length);
        foreach ((string spelling, JsonPlace id) in members)
        {
            tokens.Add(spelling, id.Whole(0, int.MaxValue), id.Refused);
        }

        return tokens;
    }

    private static string[] ReadLines(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int invalid = Utf8Text.IndexOfInvalid(bytes);
        return invalid < 0
            ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n')
            : throw new RefusedFileException(path, FormattableString.Invariant($"its byte {invalid} (0x{bytes[invalid]:X2}) is no part of a character in UTF-8."));
    }
}
