namespace GptSharp.Data.Downloads;

/// <summary>A file that could not be fetched; the message says why in one clear sentence.</summary>
public sealed class DownloadException : IOException
{
    /// <summary>Creates the exception with its sentence.</summary>
    public DownloadException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its sentence and what caused it.</summary>
    public DownloadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
