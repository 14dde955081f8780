using GptSharp.TestKit;

namespace GptSharp.OpCases;

/// <summary>The cases of one operation, or of one idea of it.</summary>
public interface IOpCases
{
    /// <summary>The cases; the first stands for all where there is no time for more.</summary>
    static abstract IReadOnlyList<OpCase> Cases { get; }
}
