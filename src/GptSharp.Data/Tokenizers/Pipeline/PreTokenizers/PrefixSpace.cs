namespace GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

/// <summary>Puts a space before a piece that starts with none.</summary>
internal sealed class PrefixSpace : IPreTokenizer
{
    public IEnumerable<Piece> Split(Piece piece) =>
        [piece.Text.Span is [(byte)' ', ..] ? piece : piece with { Text = (byte[])[(byte)' ', .. piece.Text.Span] }];
}
