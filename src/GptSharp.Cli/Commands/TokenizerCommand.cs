using System.CommandLine;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Nn;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer</c>: makes tokenizers, uses them, and shows what they do.</summary>
internal static class TokenizerCommand
{
    private static readonly IReadOnlyList<(string Name, SplitPattern Pattern)> Patterns =
    [
        ("gpt2", SplitPattern.Gpt2), ("cl100k", SplitPattern.Cl100k), ("o200k", SplitPattern.O200k),
        ("llama3", SplitPattern.Llama3), ("qwen2", SplitPattern.Qwen2), ("none", SplitPattern.None),
    ];

    /// <summary>The names of the patterns, for help.</summary>
    public static string PatternNames => string.Join('|', Patterns.Select(known => known.Name));

    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "tokenizer",
        "Turn text into tokens and back, train tokenizers, and look inside them.",
        "gptsharp tokenizer train novel.txt --vocab 512 --out tokenizers/novel",
        "gptsharp tokenizer show \"Hello, world!\" --tokenizer tokenizers/novel",
        "gptsharp tokenizer get gpt2")
    {
        TokenizerTrainCommand.Create(output),
        TokenizerCodeCommand.CreateEncode(output),
        TokenizerCodeCommand.CreateDecode(output),
        TokenizerInfoCommand.Create(output),
        TokenizerVerifyCommand.Create(output),
        TokenizerShowCommand.Create(output),
        TokenizerGetCommand.Create(output),
    };

    /// <summary>The option that names a tokenizer.</summary>
    public static Option<string?> PathOption() => new("--tokenizer")
    {
        Description = "A folder, a tokenizer.json, a .tiktoken or SentencePiece .model file, a data set, or a run.",
        HelpName = "path",
    };

    /// <summary>The option that names a pattern.</summary>
    public static Option<string?> PatternOption() => new("--pattern")
    {
        Description = "How text is cut first, for files that do not say so.",
        HelpName = PatternNames,
    };

    /// <summary>The name of a pattern.</summary>
    public static string NameOf(SplitPattern pattern) => Patterns.First(known => known.Pattern == pattern).Name;

    /// <summary>The pattern of a name.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static SplitPattern PatternNamed(string name) =>
        Patterns.Where(known => known.Name == name).Select(known => (SplitPattern?)known.Pattern).FirstOrDefault()
        ?? throw new ConfigurationException($"--pattern is '{name}', but must be one of {string.Join(", ", Patterns.Select(known => known.Name))}.");

    /// <summary>Opens a tokenizer: any file or folder that <see cref="TokenizerFile"/> reads, a checkpoint, or a run, whose newest checkpoint is taken.</summary>
    public static ITokenizer Open(string? path, string? pattern)
    {
        if (path is null)
        {
            throw new ConfigurationException("--tokenizer is missing; name a folder or file that holds a tokenizer.");
        }

        SplitPattern? given = pattern is null ? null : PatternNamed(pattern);
        return CheckpointIn(path) is { } checkpoint
            ? TokenizerFile.FromJson(CheckpointManifest.Load(checkpoint).Tokenizer, Path.Combine(checkpoint, CheckpointManifest.FileName))
            : TokenizerFile.Load(path, given);
    }

    private static string? CheckpointIn(string path)
    {
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, "tokenizer.json")))
        {
            return null;
        }

        if (File.Exists(Path.Combine(path, CheckpointManifest.FileName)))
        {
            return path;
        }

        var store = new CheckpointStore(path);
        return store.Steps.Count > 0 ? store.FolderOf(store.Steps.Max()) : null;
    }
}
