using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Tokenizers;

/// <summary>A token to look at.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Bytes">What it writes.</param>
/// <param name="IsSpecial">Whether it is a mark and no text.</param>
internal sealed record ShownToken(int Id, byte[] Bytes, bool IsSpecial)
{
    public static ShownToken Of(ITokenizer tokenizer, int id) => tokenizer is TextTokenizer text
        ? new ShownToken(id, text.BytesOf(id).ToArray(), text.TypeOf(id) is SentencePieceType.Control or SentencePieceType.Unknown)
        : new ShownToken(id, tokenizer.DecodeBytes([id]), IsSpecial: false);
}
