namespace GptSharp.Ptx;

/// <summary>A module that cannot be used, or a launch that does not fit its kernel; one sentence.</summary>
/// <param name="message">What is wrong and what was expected.</param>
public sealed class PtxException(string message) : Exception(message);
