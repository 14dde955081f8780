using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Training.Accounting;

namespace GptSharp.Training.Metrics;

/// <summary>The result of a run in a few figures, for scripts: <c>summary.json</c> in the run's folder.</summary>
/// <param name="TrainLoss">Last loss on the training split, in nats per token, or null when none was taken.</param>
/// <param name="ValidationLoss">Last loss on the validation split, in nats per token, or null when none was taken.</param>
/// <param name="Floor">Least validation loss possible, or null where it is unknown.</param>
/// <param name="AcceptedShare">Share of sampled texts that the corpus's grammar accepts, or null where there is no grammar.</param>
/// <param name="Seconds">Wall-clock time of the run.</param>
/// <param name="TokensPerSecond">Speed of the training steps, or null when none was taken.</param>
/// <param name="Mfu">Model FLOPs utilization of the training steps, 0 to 1, or null where the device's peak is unknown.</param>
/// <param name="Hfu">Hardware FLOPs utilization, with what is computed again, 0 to 1, or null where the device's peak is unknown.</param>
/// <param name="ModelFlopsPerToken">The numerator of MFU, per token.</param>
/// <param name="HardwareFlopsPerToken">The numerator of HFU, per token.</param>
/// <param name="PeakFlops">The denominator of both, in operations per second, or null where it is unknown.</param>
/// <param name="PeakSource">Where the denominator comes from.</param>
/// <param name="MfuFormula">How MFU is computed.</param>
public sealed record RunSummary(
    [property: JsonPropertyName("train_loss")] double? TrainLoss,
    [property: JsonPropertyName("val_loss")] double? ValidationLoss,
    [property: JsonPropertyName("floor")] double? Floor,
    [property: JsonPropertyName("accepted_share")] double? AcceptedShare,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("tokens_per_second")] double? TokensPerSecond = null,
    [property: JsonPropertyName("mfu")] double? Mfu = null,
    [property: JsonPropertyName("hfu")] double? Hfu = null,
    [property: JsonPropertyName("model_flops_per_token")] double? ModelFlopsPerToken = null,
    [property: JsonPropertyName("hardware_flops_per_token")] double? HardwareFlopsPerToken = null,
    [property: JsonPropertyName("peak_flops")] double? PeakFlops = null,
    [property: JsonPropertyName("peak_source")] string? PeakSource = null,
    [property: JsonPropertyName("mfu_formula")] string? MfuFormula = null)
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    /// <summary>The summary of a finished run.</summary>
    /// <param name="finished">The run's last event.</param>
    /// <returns>The summary; a loss that is not a finite number becomes null.</returns>
    public static RunSummary Of(RunFinished finished)
    {
        ArgumentNullException.ThrowIfNull(finished);
        return new(
            Finite(finished.TrainLoss), Finite(finished.ValidationLoss), Finite(finished.Floor), finished.AcceptedShare, finished.Elapsed.TotalSeconds,
            finished.Speed?.TokensPerSecond, finished.Speed?.Mfu, finished.Speed?.Hfu,
            finished.Speed?.Account.PerToken.Model, finished.Speed?.Account.PerToken.Hardware,
            finished.Speed?.Account.Peak.FlopsPerSecond, finished.Speed?.Account.Peak.Source,
            finished.Speed is null ? null : StepAccount.MfuFormula);
    }

    /// <summary>The summary as JSON.</summary>
    /// <returns>An object of numbers, texts and nulls, and a line feed.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, Options) + "\n";

    private static double? Finite(double? loss) => loss is { } value && double.IsFinite(value) ? value : null;
}
