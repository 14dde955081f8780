namespace GptSharp.Data.Datasets;

/// <summary>How far a preparation has come, for people who wait.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Documents">Documents or sections that are done in this stage.</param>
/// <param name="IsResumed">Whether an earlier attempt is gone on with.</param>
public sealed record PreparationStatus(string Stage, long Documents, bool IsResumed);
