namespace GptSharp.Data.Filters;

/// <summary>Decides whether a document is worth learning from. One instance serves all threads.</summary>
public abstract class DocumentFilter
{
    /// <summary>Its name, as <c>--filter</c> has it.</summary>
    public abstract string Name { get; }

    /// <summary>What it keeps, with its thresholds, in a sentence for the report.</summary>
    public abstract string Rule { get; }

    /// <summary>Fields of a line of JSON that it looks at.</summary>
    public virtual IReadOnlyList<string> Fields => [];

    /// <summary>Whether it looks at every section of a document that is longer than one, not only at the first.</summary>
    public virtual bool SeesEverySection => false;

    /// <summary>Whether it takes lines out of a document.</summary>
    public virtual bool ChangesText => false;

    /// <summary>Judges a document.</summary>
    internal abstract Verdict Judge(TextUnderReview text);
}

/// <summary>What a filter says of a document.</summary>
/// <param name="Reason">Why it is dropped, in a few words with the figure that decided; null if it is kept.</param>
/// <param name="Text">The text that it goes on with; null if it is as it was.</param>
internal readonly record struct Verdict(string? Reason, string? Text)
{
    public static Verdict Keep => default;

    public static Verdict Drop(FormattableString reason) => new(FormattableString.Invariant(reason), null);

    public static Verdict Change(string text) => new(null, text);
}
