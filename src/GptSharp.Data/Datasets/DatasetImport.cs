using System.Security.Cryptography;
using GptSharp.Data.Preparation;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens.Foreign;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>Makes data sets of token files that nanoGPT or llm.c wrote.</summary>
public static class DatasetImport
{
    private const int Piece = 1 << 18;
    private const long ShardTokens = 100_000_000;

    /// <summary>Whether a folder looks as if token files of another program were in it.</summary>
    public static bool IsForeign(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.bin").Any();

    /// <summary>Imports a folder.</summary>
    /// <param name="source">A folder with <c>train.bin</c> and <c>val.bin</c>, or with files whose names have <c>train</c> and <c>val</c> in them.</param>
    /// <param name="tokenizer">What the tokens mean; no such file says so.</param>
    /// <param name="separator">Text of the token that stands between documents; null for none.</param>
    /// <param name="folder">The folder that becomes the data set.</param>
    /// <param name="cancellation">Stops it; nothing is left.</param>
    /// <exception cref="CorpusException">A split is missing, or the folder is taken.</exception>
    /// <exception cref="RefusedFileException">A file is damaged, or has tokens that the tokenizer does not know.</exception>
    public static DatasetManifest Run(string source, ITokenizer tokenizer, string? separator, string folder, CancellationToken cancellation = default)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var target = new DatasetFolder(path);
        if (target.IsTaken)
        {
            throw new CorpusException($"{folder} already exists and is not overwritten; choose another folder or move it away.");
        }

        IReadOnlyList<string>[] files = [FilesOf(source, "train"), FilesOf(source, "val"), FilesOf(source, "test")];
        if (files[0].Count == 0 || files[1].Count == 0)
        {
            throw new CorpusException(
                $"{source} has no file '*{(files[0].Count == 0 ? "train" : "val")}*.bin'; nanoGPT writes train.bin and val.bin, llm.c NAME_train_000001.bin and NAME_val_000000.bin.");
        }

        int? token = separator is null ? null
            : tokenizer.Encode(separator) is [int one] ? one
            : throw new CorpusException($"The separator {System.Text.Json.JsonSerializer.Serialize(separator)} is not one token of the {tokenizer.Kind} tokenizer; name a text that is.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var work = WorkFolder.Open(path + AtomicFile.TemporarySuffix, "import", status: null);
        try
        {
            Dictionary<string, IReadOnlyList<DatasetShard>> shards = [];
            long documents = 0;
            foreach ((string split, IReadOnlyList<string> of) in DatasetFolder.Splits.Zip(files))
            {
                shards[split] = Copy(work.Path, split, of, tokenizer.VocabularySize, token, hash, cancellation);
                documents += shards[split].Sum(shard => shard.Documents);
            }

            long[] tokens = [.. DatasetFolder.Splits.Select(split => shards[split].Sum(shard => shard.Tokens))];
            DatasetManifest manifest = new()
            {
                Format = DatasetManifest.CurrentFormat,
                Name = Path.GetFileName(path),
                Source = source,
                SourceSha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
                Tokenizer = tokenizer.Kind,
                VocabularySize = tokenizer.VocabularySize,
                Separator = token is null ? null : separator,
                SeparatorToken = token,
                Characters = 0,
                Documents = documents,
                Split = SplitKind.Given,
                ValidationShare = tokens[1] / (double)tokens.Sum(),
                TestShare = tokens[2] / (double)tokens.Sum(),
                TrainTokens = tokens[0],
                ValidationTokens = tokens[1],
                TestTokens = tokens[2],
                Shards = shards,
            };
            ShardWriter.Clear(work.Path);
            var made = new DatasetFolder(work.Path);
            TokenizerFile.Save(made.Tokenizer, tokenizer);
            manifest.Save(made.Manifest);
            work.Publish(target);
            return manifest;
        }
        catch
        {
            work.Delete();
            throw;
        }
    }

    private static string[] FilesOf(string source, string split)
    {
        string exact = Path.Combine(source, split + ".bin");
        return File.Exists(exact) ? [exact]
            : Directory.Exists(source) ? [.. Directory.EnumerateFiles(source, $"*{split}*.bin").Order(StringComparer.Ordinal)]
            : [];
    }

    private static IReadOnlyList<DatasetShard> Copy(
        string folder, string split, IReadOnlyList<string> files, int vocabularySize, int? separator, IncrementalHash hash, CancellationToken cancellation)
    {
        using var writer = new ShardWriter(folder, split, vocabularySize, ShardTokens, ShardProgress.None);
        bool isFirst = true;
        var buffer = new int[Piece];
        foreach (string file in files)
        {
            using BinaryTokens source = BinaryTokens.Open(file, vocabularySize);
            for (long start = 0; start < source.Count; start += Piece)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<int> tokens = buffer.AsSpan(0, (int)Math.Min(Piece, source.Count - start));
                source.Read(start, tokens);
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tokens));
                if (separator is { } token)
                {
                    CopyDocuments(writer, tokens, token, isFirst);
                }
                else
                {
                    writer.AppendStream(tokens);
                }

                isFirst = false;
            }
        }

        IReadOnlyList<DatasetShard> finished = writer.Finish();
        if (finished is not [DatasetShard only])
        {
            return finished;
        }

        string name = DatasetFolder.OnlyShardName(split);
        File.Move(Path.Combine(folder, only.File), Path.Combine(folder, name));
        return [only with { File = name }];
    }

    // A separator begins a document; what stands before the first one is a document, too.
    private static void CopyDocuments(ShardWriter writer, ReadOnlySpan<int> tokens, int separator, bool isFirst)
    {
        if (isFirst && tokens[0] != separator)
        {
            writer.BeginDocument();
        }

        while (!tokens.IsEmpty)
        {
            if (tokens[0] == separator)
            {
                writer.BeginDocument();
            }

            int next = tokens[1..].IndexOf(separator) + 1;
            int length = next > 0 ? next : tokens.Length;
            writer.Append(tokens[..length]);
            tokens = tokens[length..];
        }
    }
}
