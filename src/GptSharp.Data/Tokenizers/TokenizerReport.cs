namespace GptSharp.Data.Tokenizers;

/// <summary>What <see cref="TokenizerCheck"/> found.</summary>
/// <param name="Facts">What was checked, and what is worth knowing, a sentence each.</param>
/// <param name="Problems">What makes the tokenizer unreliable, a sentence each; empty for a sound one.</param>
public sealed record TokenizerReport(IReadOnlyList<string> Facts, IReadOnlyList<string> Problems);
