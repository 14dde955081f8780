namespace GptSharp.Data.Tokenizers.Pipeline;

/// <summary>A part of a text that is encoded on its own.</summary>
/// <param name="Text">Its bytes, UTF-8.</param>
/// <param name="BeginsText">Whether it stands at the start of the whole text.</param>
internal readonly record struct Piece(ReadOnlyMemory<byte> Text, bool BeginsText);
