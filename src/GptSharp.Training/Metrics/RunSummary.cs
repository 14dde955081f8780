using System.Text.Json;
using System.Text.Json.Serialization;

namespace GptSharp.Training.Metrics;

/// <summary>The result of a run in five figures, for scripts: <c>summary.json</c> in the run's folder.</summary>
/// <param name="TrainLoss">Last loss on the training split, in nats per token, or null when none was taken.</param>
/// <param name="ValidationLoss">Last loss on the validation split, in nats per token, or null when none was taken.</param>
/// <param name="Floor">Least validation loss possible, or null where it is unknown.</param>
/// <param name="AcceptedShare">Share of sampled texts that the corpus's grammar accepts, or null where there is no grammar.</param>
/// <param name="Seconds">Wall-clock time of the run.</param>
public sealed record RunSummary(
    [property: JsonPropertyName("train_loss")] double? TrainLoss,
    [property: JsonPropertyName("val_loss")] double? ValidationLoss,
    [property: JsonPropertyName("floor")] double? Floor,
    [property: JsonPropertyName("accepted_share")] double? AcceptedShare,
    [property: JsonPropertyName("seconds")] double Seconds)
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    /// <summary>The summary of a finished run.</summary>
    /// <param name="finished">The run's last event.</param>
    /// <returns>The summary; a loss that is not a finite number becomes null.</returns>
    public static RunSummary Of(RunFinished finished)
    {
        ArgumentNullException.ThrowIfNull(finished);
        return new(
            Finite(finished.TrainLoss), Finite(finished.ValidationLoss), Finite(finished.Floor), finished.AcceptedShare, finished.Elapsed.TotalSeconds);
    }

    /// <summary>The summary as JSON.</summary>
    /// <returns>An object of five numbers or nulls, and a line feed.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, Options) + "\n";

    private static double? Finite(double? loss) => loss is { } value && double.IsFinite(value) ? value : null;
}
