using GptSharp.Data.Corpora;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>Makes data sets from text. The text is read in pieces: a corpus may be larger than memory.</summary>
public static class DatasetBuilder
{
    /// <summary>
    /// Divides a corpus, turns it into tokens and writes them to a folder, which appears whole or not at all. The vocabulary is
    /// that of the whole text, so that each split can be written in it.
    /// </summary>
    /// <param name="corpus">The text.</param>
    /// <param name="folder">Where the data set goes.</param>
    /// <param name="options">How.</param>
    /// <returns>What was made.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The shares leave nothing to train on, or nothing to validate on.</exception>
    /// <exception cref="CorpusException">The text cannot be used, is too short to divide, or the folder is taken.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static DatasetManifest Build(TextCorpus corpus, string folder, DatasetOptions options)
    {
        if (!(options.ValidationShare > 0 && options.TestShare >= 0 && options.ValidationShare + options.TestShare < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), $"The validation share {options.ValidationShare} must be above 0, and with the test share {options.TestShare} below 1.");
        }

        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var target = new DatasetFolder(path);
        if (target.IsTaken && !options.Force)
        {
            throw new CorpusException($"{folder} already exists and is not overwritten; --force replaces a data set.");
        }

        // Before the work, and again when it is done.
        target.CheckReplaceable();

        TextSurvey survey = TextSurvey.Of(corpus);
        DatasetSplit split = DatasetSplit.Of(survey.Documents, options.ValidationShare, options.TestShare);
        CheckLength(corpus, survey, split, options);

        // What an earlier attempt left behind when it was killed.
        var unfinished = new DatasetFolder(path + AtomicFile.TemporarySuffix);
        unfinished.Delete();
        Directory.CreateDirectory(unfinished.Path);
        try
        {
            DatasetManifest manifest = Write(corpus, survey, split, options, unfinished) with { Name = Path.GetFileName(path) };
            manifest.Save(unfinished.Manifest);
            target.Delete();
            Directory.Move(unfinished.Path, path);
            AtomicFile.FlushFolder(Path.GetDirectoryName(path)!);
            return manifest;
        }
        catch
        {
            Directory.Delete(unfinished.Path, recursive: true);
            throw;
        }
    }

    private static void CheckLength(TextCorpus corpus, TextSurvey survey, DatasetSplit split, DatasetOptions options)
    {
        string? empty = split.Train.Count == 0 ? "training"
            : split.Validation.Count == 0 ? "validation"
            : split.Test.Count == 0 && options.TestShare > 0 ? "the test"
            : null;
        if (empty is not null)
        {
            throw new CorpusException($"{corpus.Path} has only {survey.Characters} characters, which leaves none for {empty}; use more text or other shares.");
        }
    }

    private static DatasetManifest Write(TextCorpus corpus, TextSurvey survey, DatasetSplit split, DatasetOptions options, DatasetFolder folder)
    {
        ITokenizer tokenizer = options.Tokenizer == TokenizerKind.Byte ? new ByteTokenizer() : new CharTokenizer(survey.Alphabet);
        TokenizerFile.Save(folder.Tokenizer, tokenizer);
        DocumentPart[] parts = [.. split.Train, .. split.Validation, .. split.Test];
        return new DatasetManifest
        {
            Format = DatasetManifest.CurrentFormat,
            Name = "",
            Source = corpus.Path,
            SourceSha256 = corpus.Sha256(),
            Tokenizer = options.Tokenizer,
            VocabularySize = tokenizer.VocabularySize,
            Characters = parts.Sum(part => part.End - part.Start),
            Documents = parts.Select(part => part.Document).Distinct().Count(),
            Split = split.Kind,
            ValidationShare = options.ValidationShare,
            TestShare = options.TestShare,
            TrainTokens = WriteTokens(folder.Train, tokenizer, split.Train, corpus.IsFolder),
            ValidationTokens = WriteTokens(folder.Validation, tokenizer, split.Validation, corpus.IsFolder),
            TestTokens = split.Test.Count > 0 ? WriteTokens(folder.Test, tokenizer, split.Test, corpus.IsFolder) : 0,
        };
    }

    private static long WriteTokens(string path, ITokenizer tokenizer, IReadOnlyList<DocumentPart> parts, bool markDocuments)
    {
        long count = 0;
        TokenFileWriter.Write(path, tokenizer.VocabularySize, writer =>
        {
            foreach (DocumentPart part in parts)
            {
                if (markDocuments)
                {
                    writer.BeginDocument();
                }

                foreach (string piece in part.ReadPieces())
                {
                    writer.Append(tokenizer.Encode(piece));
                }
            }

            count = writer.Count;
        });
        return count;
    }
}
