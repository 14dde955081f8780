namespace GptSharp.Data;

/// <summary>Text or tokens that cannot be trained on; the message says why in one clear sentence.</summary>
public sealed class CorpusException : Exception
{
    /// <summary>Creates the exception with its sentence.</summary>
    public CorpusException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its sentence and what caused it.</summary>
    public CorpusException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
