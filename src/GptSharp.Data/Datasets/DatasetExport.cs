using System.Globalization;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Data.Tokens.Foreign;

namespace GptSharp.Data.Datasets;

/// <summary>Writes data sets as other programs read them.</summary>
public static class DatasetExport
{
    private const long LlmcShardTokens = 100_000_000;

    /// <summary>
    /// Writes nanoGPT's files: <c>train.bin</c>, <c>val.bin</c>, <c>test.bin</c> if there is a test split, and for a vocabulary of characters
    /// <c>meta.pkl</c>.
    /// </summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="folder">A folder that does not exist, or is empty.</param>
    /// <returns>The files.</returns>
    /// <exception cref="CorpusException">Tokens do not fit 16 bits, or the folder is taken.</exception>
    public static IReadOnlyList<string> ToNanoGpt(Dataset dataset, string folder)
    {
        if (dataset.Tokenizer.VocabularySize > 1 << 16)
        {
            throw new CorpusException(
                $"{dataset.Folder} has a vocabulary of {dataset.Tokenizer.VocabularySize} tokens, and nanoGPT's files hold 16 bits a token; llm.c's format (--format llmc) takes it.");
        }

        Take(folder);
        List<string> files = [];
        Write("train.bin", dataset.Train);
        Write("val.bin", dataset.Validation);
        Write("test.bin", dataset.Test);
        if (dataset.Tokenizer is CharTokenizer characters)
        {
            files.Add(Path.Combine(folder, "meta.pkl"));
            VocabularyPickle.Write(files[^1], characters);
        }

        return files;

        void Write(string name, ITokenSource? source)
        {
            if (source is not null)
            {
                files.Add(Path.Combine(folder, name));
                BinaryTokenWriter.Write(files[^1], source, 0, source.Count, isLlmc: false);
            }
        }
    }

    /// <summary>Writes llm.c's shards, of 100 million tokens: <c>NAME_val_000000.bin</c>, <c>NAME_train_000001.bin</c> and so on.</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="folder">A folder that does not exist, or is empty.</param>
    /// <param name="shardTokens">Tokens of a shard.</param>
    /// <returns>The files.</returns>
    /// <exception cref="CorpusException">The folder is taken.</exception>
    public static IReadOnlyList<string> ToLlmc(Dataset dataset, string folder, long shardTokens = LlmcShardTokens)
    {
        Take(folder);
        List<string> files = [];
        Write("val", dataset.Validation, first: 0);
        Write("train", dataset.Train, first: 1);
        Write("test", dataset.Test, first: 0);
        return files;

        void Write(string split, ITokenSource? source, int first)
        {
            for (long start = 0; source is not null && start < source.Count; start += shardTokens)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{dataset.Manifest.Name}_{split}_{first++:D6}.bin");
                files.Add(Path.Combine(folder, name));
                BinaryTokenWriter.Write(files[^1], source, start, Math.Min(shardTokens, source.Count - start), isLlmc: true);
            }
        }
    }

    private static void Take(string folder)
    {
        if (new DatasetFolder(folder).IsTaken)
        {
            throw new CorpusException($"{folder} already exists and is not overwritten; choose another folder or move it away.");
        }

        Directory.CreateDirectory(folder);
    }
}
