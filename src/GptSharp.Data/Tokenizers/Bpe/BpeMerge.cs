namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>A rule of byte-pair encoding: two adjacent tokens become one. Its rank is its place in the list of merges; lower ranks go first.</summary>
/// <param name="Left">The first token.</param>
/// <param name="Right">The token behind it.</param>
/// <param name="Merged">The token whose bytes are those of both.</param>
public readonly record struct BpeMerge(int Left, int Right, int Merged);
