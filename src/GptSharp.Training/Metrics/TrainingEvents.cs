using GptSharp.Training.Accounting;
using GptSharp.Training.Guards;
using GptSharp.Training.Memory;
using GptSharp.Training.Profiling;

namespace GptSharp.Training.Metrics;

/// <summary>A run begins, or goes on after a checkpoint.</summary>
/// <param name="Name">The run's name.</param>
/// <param name="RunFolder">Where its checkpoints and metrics are.</param>
/// <param name="FirstStep">Updates already done: 0 for a new run.</param>
/// <param name="Steps">Updates of the whole run.</param>
/// <param name="ParameterCount">Trained numbers, without padding.</param>
/// <param name="Device">What computes, in words for the user: <c>cpu (AVX-512, 2 threads)</c>.</param>
/// <param name="Data">What is learnt from, in words for the user.</param>
/// <param name="Account">What a step counts as; null where nobody counted.</param>
/// <param name="Memory">What the run will hold; null where nobody planned.</param>
public sealed record RunStarted(
    string Name, string RunFolder, long FirstStep, long Steps, long ParameterCount, string Device, string Data,
    StepAccount? Account = null, MemoryPlan? Memory = null);

/// <summary>An update is done.</summary>
/// <param name="Step">Updates done, this one included.</param>
/// <param name="Loss">Mean loss of the batch before the update, in nats per token.</param>
/// <param name="LearningRate">Learning rate of the update.</param>
/// <param name="GradientNorm">Global norm of the gradient before clipping.</param>
/// <param name="TokensPerSecond">Tokens of this step by its wall-clock time.</param>
/// <param name="Elapsed">Wall-clock time since <see cref="RunStarted"/>.</param>
/// <param name="Mfu">Model FLOPs utilization, 0 to 1; null where the device's peak is unknown.</param>
/// <param name="Hfu">Hardware FLOPs utilization, 0 to 1; null where the device's peak is unknown.</param>
public sealed record StepDone(
    long Step, double Loss, double LearningRate, double GradientNorm, double TokensPerSecond, TimeSpan Elapsed,
    double? Mfu = null, double? Hfu = null);

/// <summary>A batch was not sound.</summary>
/// <param name="Step">Number of the step that it was for, from 1.</param>
/// <param name="Batch">Number of the batch, from 1.</param>
/// <param name="Loss">Its loss, which may not be finite.</param>
/// <param name="GradientNorm">Norm of its gradient, which may not be finite.</param>
/// <param name="What">What went wrong, and where first, in words.</param>
/// <param name="Action">What the run does about it.</param>
public sealed record StepFault(long Step, long Batch, double Loss, double GradientNorm, string What, FaultAction Action);

/// <summary>The model was evaluated.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="TrainLoss">Loss on the training split, in nats per token.</param>
/// <param name="ValidationLoss">Loss on the validation split, in nats per token.</param>
/// <param name="Floor">Least loss possible on exactly the tokens of <paramref name="ValidationLoss"/>, or null where it is unknown.</param>
/// <param name="IsBest">Whether no earlier validation loss was lower.</param>
public sealed record Evaluated(long Step, double TrainLoss, double ValidationLoss, double? Floor, bool IsBest)
{
    /// <summary>How much worse the model does on text that it has not seen; growing, it is overfitting.</summary>
    public double Gap => ValidationLoss - TrainLoss;
}

/// <summary>The model wrote a text.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="Prompt">The beginning that it was given; may be empty.</param>
/// <param name="Text">What it wrote after the prompt, as the tokenizer decodes it: it may hold any character.</param>
public sealed record SampleGenerated(long Step, string Prompt, string Text);

/// <summary>A checkpoint is on disk.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="Path">Its folder.</param>
/// <param name="IsBest">Whether it holds the best weights so far, rather than the last.</param>
public sealed record CheckpointSaved(long Step, string Path, bool IsBest);

/// <summary>Why a run ended.</summary>
public enum RunOutcome
{
    /// <summary>Every step is done.</summary>
    Completed,

    /// <summary>The user or the system asked it to stop; it saved a checkpoint first and can be resumed.</summary>
    Interrupted,
}

/// <summary>A run ended.</summary>
/// <param name="Outcome">Why.</param>
/// <param name="Step">Updates done.</param>
/// <param name="TrainLoss">Last loss on the training split, or null when none was taken.</param>
/// <param name="ValidationLoss">Last loss on the validation split, or null when none was taken.</param>
/// <param name="Floor">Least validation loss possible, or null where it is unknown.</param>
/// <param name="AcceptedShare">Share of sampled texts that the corpus's grammar accepts, or null where there is no grammar.</param>
/// <param name="Elapsed">Wall-clock time since <see cref="RunStarted"/>.</param>
/// <param name="Speed">How fast its steps were; null where none was taken.</param>
public sealed record RunFinished(
    RunOutcome Outcome, long Step, double? TrainLoss, double? ValidationLoss, double? Floor, double? AcceptedShare, TimeSpan Elapsed,
    RunSpeed? Speed = null);

/// <summary>How fast the steps of a run were, evaluations and checkpoints left out.</summary>
/// <param name="TokensPerSecond">Tokens of all steps by their time.</param>
/// <param name="Account">What a token counts as, and what the device can do.</param>
public sealed record RunSpeed(double TokensPerSecond, StepAccount Account)
{
    /// <summary>Model FLOPs utilization, 0 to 1; null where the device's peak is unknown.</summary>
    public double? Mfu => Account.Mfu(TokensPerSecond);

    /// <summary>Hardware FLOPs utilization, 0 to 1; null where the device's peak is unknown.</summary>
    public double? Hfu => Account.Hfu(TokensPerSecond);
}

/// <summary>Some steps were profiled.</summary>
/// <param name="Report">Where their time went.</param>
/// <param name="JsonPath">The report as JSON.</param>
/// <param name="TracePath">Every operation as an event, for chrome://tracing or Perfetto.</param>
public sealed record StepsProfiled(ProfileReport Report, string JsonPath, string TracePath);
