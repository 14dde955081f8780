namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>What a vocabulary is trained to.</summary>
/// <param name="VocabularySize">Special tokens, 256 bytes and merges together.</param>
/// <param name="Pattern">How text is cut before pairs are counted.</param>
public sealed record BpeTrainingOptions(int VocabularySize, SplitPattern Pattern)
{
    /// <summary>The texts of special tokens, which get the first ids. They are not looked for in the training text.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>A pair that occurs less often is not merged.</summary>
    public long MinimumFrequency { get; init; } = 1;

    /// <summary>Threads that count; they change no bit of the result.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
