using GptSharp.Data.Tokenizers.Formats;
using GptSharp.Files;

namespace GptSharp.Data.Tokenizers;

/// <summary>A folder with a byte-level tokenizer in the forms that other programs read.</summary>
public static class TokenizerFolder
{
    /// <summary>The files.</summary>
    public static IReadOnlyList<string> Names { get; } = ["tokenizer.json", "vocab.json", "merges.txt"];

    /// <summary>Writes the files; each appears whole or not at all.</summary>
    /// <param name="folder">Where to; made if it is not there.</param>
    /// <param name="tokenizer">A byte-level tokenizer.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(string folder, TextTokenizer tokenizer)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Path.Combine(folder, "vocab.json"), VocabularyFiles.WriteVocabulary(tokenizer));
        AtomicFile.WriteText(Path.Combine(folder, "merges.txt"), VocabularyFiles.WriteMerges(tokenizer));
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer.json"), TokenizerJson.Write(tokenizer));
    }
}
