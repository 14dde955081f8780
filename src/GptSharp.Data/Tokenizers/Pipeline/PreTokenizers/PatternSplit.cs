using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

/// <summary>Cuts as one of the known patterns says.</summary>
internal sealed class PatternSplit(SplitPattern pattern) : IPreTokenizer
{
    public SplitPattern Pattern => pattern;

    public IEnumerable<Piece> Split(Piece piece) =>
        SplitPatterns.Split(pattern, piece.Text.Span).Select((range, index) => new Piece(piece.Text[range], piece.BeginsText && index == 0));
}
