namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>What the outcome of a comparison decides.</summary>
public enum ComparisonRole
{
    /// <summary>Neither of the others: a value is selected, or a path without accesses to memory.</summary>
    Value,

    /// <summary>Whether a loop goes on.</summary>
    Loop,

    /// <summary>Whether an access to global or shared memory happens, or how many bytes a <c>cp.async</c> reads.</summary>
    Bounds,
}
