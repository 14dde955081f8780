namespace GptSharp.Training.Guards;

/// <summary>What a run does about a batch whose loss or gradient is not sound.</summary>
public enum FaultAction
{
    /// <summary>Ends; the state before the batch is saved.</summary>
    Stop,

    /// <summary>Leaves weights and moments as they were and goes on with the next batch.</summary>
    Skip,

    /// <summary>Says so, and updates all the same; for spikes only.</summary>
    Report,
}
