using GptSharp.Data.Corpora;

namespace GptSharp.Data.Datasets;

/// <summary>A document that was read once.</summary>
/// <param name="Document">The file.</param>
/// <param name="Characters">Its Unicode characters.</param>
/// <param name="Hash">SHA-256 of its text; equal texts, equal hashes.</param>
internal sealed record SurveyedDocument(TextDocument Document, long Characters, string Hash);
