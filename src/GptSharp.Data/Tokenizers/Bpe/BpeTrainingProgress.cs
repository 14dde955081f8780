namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>How far training is.</summary>
/// <param name="Bytes">Bytes of text read.</param>
/// <param name="Pieces">Different pieces found in them.</param>
/// <param name="Merges">Merges made; 0 while text is read.</param>
/// <param name="Elapsed">Time since the start.</param>
public readonly record struct BpeTrainingProgress(long Bytes, long Pieces, int Merges, TimeSpan Elapsed);
