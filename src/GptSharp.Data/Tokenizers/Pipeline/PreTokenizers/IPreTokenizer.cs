namespace GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

/// <summary>Divides a text into pieces, each of which is encoded on its own.</summary>
internal interface IPreTokenizer
{
    /// <summary>The pieces of a piece, in order; none is empty.</summary>
    IEnumerable<Piece> Split(Piece piece);
}
