using GptSharp.Data.Downloads;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>
/// A prepared data set: a folder with <c>dataset.json</c>, which is the index, <c>tokenizer.json</c>, <c>report.json</c> and token files: for
/// each split <c>train.tokens</c>, or where there are several <c>train-00000.tokens</c> and so on. The tokens stay on the disk until
/// they are read.
/// </summary>
public sealed class Dataset : IDisposable
{
    private readonly List<TokenFile> _files = [];

    private Dataset(DatasetFolder folder)
    {
        Folder = folder.Path;
        Manifest = DatasetManifest.Load(folder.Manifest);
        Tokenizer = TokenizerFile.Load(folder.Tokenizer);
        if (Tokenizer.VocabularySize != Manifest.VocabularySize)
        {
            throw new RefusedFileException(
                folder.Tokenizer, $"it knows {Tokenizer.VocabularySize} tokens, but the data set was made with {Manifest.VocabularySize}; prepare the data set again.");
        }

        try
        {
            Train = Open("train");
            Validation = Open("validation");
            Test = Manifest.TestTokens > 0 ? Open("test") : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What it says about itself.</summary>
    public DatasetManifest Manifest { get; }

    /// <summary>How its text became tokens.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>What to train on.</summary>
    public ITokenSource Train { get; }

    /// <summary>What to validate on; none of it is trained on.</summary>
    public ITokenSource Validation { get; }

    /// <summary>What is kept for a final test; null without a share for it.</summary>
    public ITokenSource? Test { get; }

    /// <summary>Whether a folder holds a data set.</summary>
    public static bool IsIn(string folder) => File.Exists(new DatasetFolder(folder).Manifest);

    /// <summary>Opens a data set.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="name">The name that a configuration calls it by; null for the folder's own.</param>
    /// <exception cref="CorpusException">There is none; the message has the command that makes it.</exception>
    /// <exception cref="RefusedFileException">One of its files is missing, damaged or from another data set.</exception>
    public static Dataset Open(string folder, string? name = null)
    {
        if (IsIn(folder))
        {
            return new Dataset(new DatasetFolder(folder));
        }

        string problem = Directory.Exists(folder) ? $"{folder} is no data set: it has no dataset.json" : $"There is no data set in {folder}";
        throw new CorpusException($"{problem}; make it with: {CommandFor(folder, name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)))}");
    }

    /// <summary>Closes its files.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static string CommandFor(string folder, string name)
    {
        string quoted = folder.Contains(' ', StringComparison.Ordinal) ? $"\"{folder}\"" : folder;
        return KnownDataset.Find(name) is not { } known ? $"gptsharp data prepare TEXT --out {quoted}"
            : folder == known.DefaultFolder ? $"gptsharp data get {name}"
            : $"gptsharp data get {name} --out {quoted}";
    }

    private ITokenSource Open(string split)
    {
        IReadOnlyList<DatasetShard> shards = Manifest.ShardsOf(split);
        if (shards.Count == 0 || shards.Sum(shard => shard.Tokens) != Manifest.TokensOf(split))
        {
            throw new RefusedFileException(
                new DatasetFolder(Folder).Manifest,
                $"its index has {shards.Sum(shard => shard.Tokens)} tokens for {split}, but it says {Manifest.TokensOf(split)}; prepare the data set again.");
        }

        TokenFile[] files = [.. shards.Select(Open)];
        return files is [TokenFile only] ? only : new ShardedTokens(files);
    }

    private TokenFile Open(DatasetShard shard)
    {
        string path = Path.Combine(Folder, shard.File);
        if (shard.File != Path.GetFileName(shard.File))
        {
            throw new RefusedFileException(new DatasetFolder(Folder).Manifest, $"its index names '{shard.File}', which is no file of this folder.");
        }

        TokenFile file = TokenFile.Open(path);
        _files.Add(file);
        return file.Count == shard.Tokens && file.VocabularySize == Manifest.VocabularySize
            ? file
            : throw new RefusedFileException(
                path,
                $"it has {file.Count} tokens of a vocabulary of {file.VocabularySize}, but dataset.json says {shard.Tokens} of {Manifest.VocabularySize}; prepare the data set again.");
    }
}
