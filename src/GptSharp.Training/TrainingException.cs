namespace GptSharp.Training;

/// <summary>A run that cannot start or go on; the message is one clear sentence.</summary>
public class TrainingException : Exception
{
    /// <summary>Creates the exception with its sentence.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its sentence and what caused it.</summary>
    public TrainingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
