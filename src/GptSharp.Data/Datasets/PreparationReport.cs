using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Data.Preparation;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>What a preparation kept and what it dropped, and why: <c>report.json</c>.</summary>
public sealed record PreparationReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Documents that are kept.</summary>
    public required long KeptDocuments { get; init; }

    /// <summary>Their characters.</summary>
    public required long KeptCharacters { get; init; }

    /// <summary>Every reason that was looked at, in that order; a document counts for the first that holds.</summary>
    public required IReadOnlyList<DropReport> Dropped { get; init; }

    /// <summary>Reads the report of a data set.</summary>
    /// <param name="folder">The data set.</param>
    /// <returns>The report, or null if the data set has none.</returns>
    /// <exception cref="RefusedFileException">It is damaged.</exception>
    public static PreparationReport? Load(string folder)
    {
        string path = new DatasetFolder(folder).Report;
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<PreparationReport>(File.ReadAllText(path), Json) : null;
        }
        catch (JsonException exception)
        {
            throw new RefusedFileException(path, $"it is damaged ({exception.Message})", exception);
        }
    }

    /// <summary>Puts a report together.</summary>
    internal static PreparationReport Of(DropReasons reasons, Decision decision, SurveyState survey, WriteState write, Func<int, bool> wasLookedAt) => new()
    {
        KeptDocuments = decision.Documents,
        KeptCharacters = decision.Characters,
        Dropped =
        [
            .. Enumerable.Range(1, reasons.Count)
                .Where(reason => wasLookedAt(reason) || decision.DroppedDocuments[reason - 1] > 0)
                .Select(reason => new DropReport(
                    reasons.Name(reason), reasons.Rule(reason), decision.DroppedDocuments[reason - 1], decision.DroppedCharacters[reason - 1],
                    [.. survey.Samples[reason - 1], .. write.Samples[reason - 1]])),
        ],
    };

    /// <summary>Writes the report.</summary>
    internal void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");
}

/// <summary>What was dropped for one reason.</summary>
/// <param name="Reason">Its name: that of the filter.</param>
/// <param name="Keeps">What a document must be like to pass, with thresholds.</param>
/// <param name="Documents">Documents dropped.</param>
/// <param name="Characters">Their characters.</param>
/// <param name="Samples">The first few of them.</param>
public sealed record DropReport(string Reason, string Keeps, long Documents, long Characters, IReadOnlyList<DroppedSample> Samples);
