namespace GptSharp.Data.Tokenizers.Pipeline;

/// <summary>The tokens that a post-processor puts around a text.</summary>
/// <param name="Before">Those before it, such as a token that begins texts.</param>
/// <param name="After">Those behind it.</param>
public sealed record TokenTemplate(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>None.</summary>
    public static TokenTemplate Empty { get; } = new([], []);

    /// <summary>Tokens without those of the template at their start and end; where those are not, nothing is taken away.</summary>
    public int[] Strip(int[] tokens)
    {
        ReadOnlySpan<int> left = tokens;
        left = left.StartsWith([.. Before]) ? left[Before.Count..] : left;
        left = left.EndsWith([.. After]) ? left[..^After.Count] : left;
        return left.ToArray();
    }

    /// <summary>This one, and another around it.</summary>
    public TokenTemplate Within(TokenTemplate outer) => new([.. outer.Before, .. Before], [.. After, .. outer.After]);
}
