namespace GptSharp.Data.Preparation;

/// <summary>A document that was dropped, to look at.</summary>
/// <param name="Place">File and line.</param>
/// <param name="Why">The figure that decided; null where the reason's name says it all.</param>
/// <param name="Text">How it begins.</param>
public sealed record DroppedSample(string Place, string? Why, string Text);
