using System.Globalization;
using GptSharp.Nn;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Proof;

/// <summary>A combination of the settings that decide how a step is computed and what a checkpoint must hold.</summary>
/// <param name="Precision">How numbers are stored.</param>
/// <param name="Recompute">What backward computes again.</param>
/// <param name="Accumulation">Passes per update.</param>
/// <param name="Dropout">Dropout probability.</param>
/// <param name="MicroBatch">Sequences per pass.</param>
/// <param name="LossRows">Rows of logits that exist at a time; null for all of them.</param>
public sealed record ProofSetting(
    TrainingPrecision Precision, Recompute Recompute, int Accumulation, double Dropout, int MicroBatch, int? LossRows)
{
    private static readonly TrainingPrecision[] Precisions = [TrainingPrecision.Fp32, TrainingPrecision.Bf16, TrainingPrecision.Bf16Pure];
    private static readonly Recompute[] Recomputes = [Recompute.None, Recompute.Attention, Recompute.Block, Recompute.Every(2)];
    private static readonly int[] Accumulations = [1, 3];
    private static readonly double[] Dropouts = [0, 0.1];
    private static readonly int[] MicroBatches = [1, 2];
    private static readonly int?[] LossRowCounts = [null, 32];

    private static readonly int[] Levels =
        [Precisions.Length, Recomputes.Length, Accumulations.Length, Dropouts.Length, MicroBatches.Length, LossRowCounts.Length];

    /// <summary>Settings in which every pair of values of two of them meets.</summary>
    public static IReadOnlyList<ProofSetting> Pairs { get; } = [.. CoveringArray.Pairs(Levels).Select(Of)];

    /// <summary>Every combination.</summary>
    public static IReadOnlyList<ProofSetting> All { get; } = [.. CoveringArray.Full(Levels).Select(Of)];

    /// <summary>The values in words, in the order of the columns of a table.</summary>
    public IReadOnlyList<string> Values =>
    [
        TrainingPrecisionNames.Format.ToYaml(Precision), Recompute.ToString(), Text(Accumulation), Text(Dropout), Text(MicroBatch),
        LossRows is { } rows ? Text(rows) : "all",
    ];

    /// <summary>A name for the folder.</summary>
    public string Name => string.Join('-', Values).Replace(": ", "", StringComparison.Ordinal);

    /// <summary>A configuration with this setting.</summary>
    public RunConfig ApplyTo(RunConfig config) => config with
    {
        Model = config.Model with { Dropout = Dropout },
        Train = config.Train with
        {
            Precision = Precision,
            Recompute = Recompute,
            Batch = Accumulation * MicroBatch,
            MicroBatch = MicroBatch,
            LossRows = LossRows,
        },
    };

    private static ProofSetting Of(int[] row) => new(
        Precisions[row[0]], Recomputes[row[1]], Accumulations[row[2]], Dropouts[row[3]], MicroBatches[row[4]], LossRowCounts[row[5]]);

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
