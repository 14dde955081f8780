using System.Text;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Formats;
using GptSharp.Files;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers;

/// <summary>
/// Tokenizers in files: GptSharp's own small ones, <c>{"kind": "char", "alphabet": "..."}</c> and <c>{"kind": "byte"}</c>, and those of
/// other programs: tokenizer.json, vocabulary and merges, tiktoken's ranks, SentencePiece's models.
/// </summary>
public static class TokenizerFile
{
    // The largest published tokenizers have some tens of millions of bytes.
    private const long LargestFile = 1L << 30;

    private static readonly string[] NamesInFolder = ["tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];

    /// <summary>The JSON text of a tokenizer; equal texts mean equal tokenizers.</summary>
    public static string ToJson(ITokenizer tokenizer) => tokenizer switch
    {
        TextTokenizer text => TokenizerJsonWriter.Write(text, indented: false),
        CharTokenizer characters => JsonSerializer.Serialize(new { kind = characters.Kind, alphabet = characters.Alphabet }),
        _ => JsonSerializer.Serialize(new { kind = tokenizer.Kind }),
    };

    /// <summary>Writes a tokenizer as JSON: one of other programs' kinds as they write it.</summary>
    public static void Save(string path, ITokenizer tokenizer) =>
        AtomicFile.WriteText(path, tokenizer is TextTokenizer ? TokenizerJson.Write(tokenizer) : ToJson(tokenizer) + "\n");

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">
    /// A tokenizer.json, a .tiktoken or .model file, a vocabulary or merges beside the other of the two, or a folder that has one of these.
    /// </param>
    /// <param name="pattern">How text is cut before byte-pair encoding, for files that do not say so; null for what is usual or known.</param>
    /// <exception cref="RefusedFileException">There is no tokenizer, or one that cannot be honoured.</exception>
    public static ITokenizer Load(string path, SplitPattern? pattern = null)
    {
        if (Directory.Exists(path))
        {
            return LoadFolder(path, pattern);
        }

        if (!File.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file or folder; give a tokenizer.json, a .tiktoken or .model file, or a folder that has one.");
        }

        if (new FileInfo(path).Length is > LargestFile and long length)
        {
            throw new RefusedFileException(path, FormattableString.Invariant($"it has {length} bytes, far more than any tokenizer."));
        }

        if (VocabularyFiles.FindPair(path) is { } pair)
        {
            return VocabularyFiles.Read(pair.Vocabulary, pair.Merges, pattern ?? SplitPattern.Gpt2);
        }

        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'{' or (byte)'[' or (byte)'"', ..] ? FromJson(bytes, path)
            : RanksFile.Recognizes(bytes) ? RanksFile.Read(path, pattern)
            : SentencePieceFile.Recognizes(bytes) ? SentencePieceFile.Read(path, bytes)
            : throw new RefusedFileException(path, "it is no tokenizer: neither JSON, nor tiktoken's ranks, nor a SentencePiece model.");
    }

    /// <summary>The tokenizer of a JSON text.</summary>
    /// <param name="json">What <see cref="ToJson"/> gave, or the text of a tokenizer.json.</param>
    /// <param name="path">The file that holds it, for messages.</param>
    /// <exception cref="RefusedFileException">The text is no tokenizer, or one that cannot be honoured.</exception>
    public static ITokenizer FromJson(string json, string path) => FromJson(Encoding.UTF8.GetBytes(json), path);

    /// <summary>The other tokenizers in the folder of one, which should give the same ids: a vocabulary and merges beside a tokenizer.json.</summary>
    /// <param name="path">What <see cref="Load"/> was given.</param>
    /// <param name="pattern">How text is cut, for files that do not say so.</param>
    /// <exception cref="RefusedFileException">One of them is damaged.</exception>
    public static IReadOnlyList<(string Name, ITokenizer Tokenizer)> OtherForms(string path, SplitPattern? pattern)
    {
        if (!File.Exists(Path.Combine(path, NamesInFolder[0])))
        {
            return [];
        }

        SplitPattern? known = pattern ?? (Load(path) as TextTokenizer)?.BytePairs?.Pattern;
        return
        [
            .. VocabularyFiles.Names
                .Select(names => (Vocabulary: Path.Combine(path, names.Vocabulary), Merges: Path.Combine(path, names.Merges)))
                .Where(pair => known is not null && File.Exists(pair.Vocabulary) && File.Exists(pair.Merges))
                .Select(pair => ($"{Path.GetFileName(pair.Vocabulary)} with {Path.GetFileName(pair.Merges)}",
                    (ITokenizer)VocabularyFiles.Read(pair.Vocabulary, pair.Merges, known!.Value))),
        ];
    }

    /// <summary>Makes sure that a model has a place for every token.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="vocabularySize">The model's vocabulary.</param>
    /// <param name="path">The file that the tokenizer comes from, for the message.</param>
    /// <exception cref="RefusedFileException">It has not.</exception>
    public static void RequireFit(ITokenizer tokenizer, int vocabularySize, string path)
    {
        if (tokenizer.VocabularySize > vocabularySize)
        {
            throw new RefusedFileException(
                path,
                $"its tokenizer ({tokenizer.Kind}) has {tokenizer.VocabularySize} tokens, but the model's vocabulary has only {vocabularySize}: they do not belong together.");
        }
    }

    private static ITokenizer FromJson(byte[] json, string path)
    {
        using JsonDocument document = JsonPlace.Parse(path, json);
        JsonPlace root = JsonPlace.Of(path, document);
        if (root["model"].IsGiven)
        {
            return TokenizerJsonReader.Read(root);
        }

        JsonPlace kind = root["kind"];
        return !kind.IsGiven
            ? throw new RefusedFileException(path, "it holds no tokenizer: it has neither a model, as a tokenizer.json has, nor a kind.")
            : kind.Text() switch
            {
                "char" => root["alphabet"].Text() is { Length: > 0 } alphabet
                    ? CharTokenizer.Of(alphabet)
                    : throw new RefusedFileException(path, "it holds no tokenizer: its alphabet is empty."),
                "byte" => new ByteTokenizer(),
                _ => throw kind.Refused($"is {kind.Found()}, but a tokenizer is char or byte, or has a model."),
            };
    }

    private static ITokenizer LoadFolder(string folder, SplitPattern? pattern)
    {
        string? file = NamesInFolder
            .Concat(VocabularyFiles.Names.Select(names => names.Vocabulary))
            .Select(name => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        string[] ranks = file is null ? Directory.GetFiles(folder, "*.tiktoken") : [];
        return file is not null ? Load(file, pattern)
            : ranks is [string only] ? Load(only, pattern)
            : throw new RefusedFileException(
                folder,
                ranks.Length > 1
                    ? $"it holds {ranks.Length} files of ranks; name one of them."
                    : "it holds no tokenizer: no tokenizer.json, no tokenizer.model, no vocab.json with merges.txt, no encoder.json with vocab.bpe, no .tiktoken file.");
    }
}
