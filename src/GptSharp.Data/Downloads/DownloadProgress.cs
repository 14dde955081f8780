namespace GptSharp.Data.Downloads;

/// <summary>How far a download is.</summary>
/// <param name="Resumed">Bytes that were there before this attempt.</param>
/// <param name="Received">Bytes that are there now, those included.</param>
/// <param name="Total">Bytes of the whole file; null when the server does not say.</param>
public readonly record struct DownloadProgress(long Resumed, long Received, long? Total);
