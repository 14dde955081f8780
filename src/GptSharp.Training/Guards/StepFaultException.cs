namespace GptSharp.Training.Guards;

/// <summary>A batch was not sound, and the run has to stop; weights and moments are as they were before it.</summary>
/// <param name="message">One sentence for people.</param>
public sealed class StepFaultException(string message) : TrainingException(message)
{
    /// <summary>Whether the weights themselves hold numbers that are not finite, so that they are not worth saving.</summary>
    public bool WeightsAreDamaged { get; init; }
}
