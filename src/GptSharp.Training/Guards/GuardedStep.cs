using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;

namespace GptSharp.Training.Guards;

/// <summary>
/// Takes training steps on sound batches only: one whose loss or gradient is not finite, or whose loss is a spike, moves nothing; what
/// happens then is the configuration's choice. Batches are addressed by step + skips, so what is passed over stays passed over in a run
/// that is resumed.
/// </summary>
internal sealed class GuardedStep(TrainStep step, Gpt model, TrainSection settings)
{
    private int _skippedInARow;

    /// <summary>Batches passed over so far.</summary>
    public long Skips { get; set; }

    /// <summary>The watch over the loss.</summary>
    public LossSpikes Spikes { get; } = new(settings.SpikeScore, settings.SpikeWindow);

    /// <summary>Takes one step, passing over batches if it has to.</summary>
    /// <param name="index">Number of the step.</param>
    /// <param name="report">Told of every batch that was not sound.</param>
    /// <returns>What the update gave.</returns>
    /// <exception cref="StepFaultException">The run has to stop; weights and moments are as before the step.</exception>
    public TrainStepResult Run(long index, Action<StepFault> report)
    {
        while (true)
        {
            TrainStepResult result = step.TryRun(index, index + Skips, IsAcceptable);
            bool isSpike = result.IsFinite && Spikes.IsSpike(result.Loss);
            if (isSpike || !result.IsUpdated)
            {
                Handle(index, result, report);
            }

            if (result.IsUpdated)
            {
                _skippedInARow = 0;
                Spikes.Add(result.Loss);
                return result;
            }

            Skips++;
        }
    }

    private bool IsAcceptable(TrainStepResult result) =>
        settings.OnSpike == FaultAction.Report || !Spikes.IsSpike(result.Loss);

    private void Handle(long index, TrainStepResult result, Action<StepFault> report)
    {
        FaultAction action = result.IsFinite ? settings.OnSpike : settings.OnNonFinite;
        long batch = index + Skips;
        string what = Describe(index, batch, result);
        report(new StepFault(index + 1, batch + 1, result.Loss, result.GradientNorm, what, action));
        string where = $"Step {index + 1}, batch {batch + 1}: {what}";
        if (NonFiniteSearch.BadParameter(model) is not null)
        {
            throw new StepFaultException($"{where}; no batch can mend that.") { WeightsAreDamaged = true };
        }

        if (action == FaultAction.Stop)
        {
            string key = result.IsFinite ? "train.on_spike" : "train.on_nonfinite";
            throw new StepFaultException($"{where}; the weights were not touched. Lower train.lr, or resume with {key}=skip to pass over such batches.");
        }

        if (action == FaultAction.Skip && ++_skippedInARow > settings.SkipLimit)
        {
            throw new StepFaultException(
                $"{where}; it is one batch more than train.skip_limit ({settings.SkipLimit}) lets the run pass over in a row. "
                + "The weights were not touched. Lower train.lr, or go back to an earlier checkpoint.");
        }
    }

    private string Describe(long index, long batch, TrainStepResult result) => result.Fault is { } fault
        ? $"{fault}; {NonFiniteSearch.Explain(model, step, index, batch)}"
        : FormattableString.Invariant(
            $"the loss, {result.Loss:0.####}, is a spike: {Spikes.Score(result.Loss):0.#} standard deviations above the recent mean, {Spikes.Statistics.Mean:0.####}");
}
