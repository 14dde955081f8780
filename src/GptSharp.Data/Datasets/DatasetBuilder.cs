using System.Globalization;
using System.Text;
using GptSharp.Data.Corpora;
using GptSharp.Data.Filters;
using GptSharp.Data.Preparation;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>
/// Makes data sets from text of any size, on all cores and in bounded memory. A corpus is read twice: once to judge its documents, find
/// copies and share it out, and once to turn what is kept into tokens. Progress is saved, so that an attempt that was killed is gone on with;
/// the result has the same bits as if it never had been, and for any number of threads.
/// </summary>
public static class DatasetBuilder
{
    /// <summary>Bytes of text that are worked on at the same time. What becomes of a byte takes up to about ten.</summary>
    internal const long BytesUnderWay = 24 << 20;

    // Changes when the same corpus and options would give other bits.
    private const int Method = 1;

    /// <summary>
    /// Divides a corpus, turns it into tokens and writes them to a folder, which appears whole or not at all. A vocabulary of characters is
    /// that of the whole text, so that each split can be written in it.
    /// </summary>
    /// <param name="corpus">The text.</param>
    /// <param name="folder">Where the data set goes.</param>
    /// <param name="options">How.</param>
    /// <param name="status">Told now and then how far it has come; null to say nothing.</param>
    /// <param name="cancellation">Stops the work; what was done is kept, and the same call goes on with it.</param>
    /// <returns>What was made.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The shares leave nothing to train on, or nothing to validate on.</exception>
    /// <exception cref="CorpusException">The text cannot be used, is too short to divide, or the folder is taken.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static DatasetManifest Build(
        TextCorpus corpus, string folder, DatasetOptions options, Action<PreparationStatus>? status = null, CancellationToken cancellation = default)
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

        using var work = WorkFolder.Open(path + AtomicFile.TemporarySuffix, Fingerprint(corpus, options), status);
        try
        {
            DatasetManifest manifest = new DatasetWork(corpus, options, work, cancellation).Run(Path.GetFileName(path));
            work.Publish(target);
            return manifest;
        }
        catch (OperationCanceledException)
        {
            // Progress is saved; the same command goes on.
            throw;
        }
        catch
        {
            work.Delete();
            throw;
        }
    }

    private static string Fingerprint(TextCorpus corpus, DatasetOptions options)
    {
        string filters = string.Join(";", options.Filters.Select((DocumentFilter filter) => $"{filter.Name}={filter.Rule}"));
        string tokenizer = options.Tokenizer is { } given ? TokenizerFile.ToJson(given) : "char";
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Method}\0{corpus.Fingerprint()}\0{corpus.Delimiter}\0{tokenizer}\0{options.ValidationShare:R}\0{options.TestShare:R}\0{options.Separator}\0{options.TextField}\0{filters}\0{options.DropDuplicates}\0{options.NearDuplicateThreshold:R}\0{options.DropUnreadable}\0{options.ShardTokens}");
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
