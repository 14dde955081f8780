namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>A statement that cannot be decoded; it becomes an error when it is reached.</summary>
/// <param name="reason">Why, one sentence.</param>
internal sealed class NotEmulatedException(string reason) : Exception(reason);
