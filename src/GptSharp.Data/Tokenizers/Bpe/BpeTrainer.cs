namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Learns a vocabulary: the most frequent pair of adjacent tokens becomes a token, again and again. Ties go to the pair of the smaller ids, left before right,
/// as in the tokenizers library. Texts are read as streams; memory holds their different pieces, never the texts.
/// </summary>
public static class BpeTrainer
{
    /// <summary>Trains on texts.</summary>
    /// <param name="texts">Opens each text; pieces never span two texts. Bytes that are no UTF-8 are learnt as they are.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="progress">Told now and then how far it is; on the thread that trains.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The vocabulary; smaller than wanted when the texts run out of pairs.</returns>
    /// <exception cref="ArgumentException">The vocabulary cannot hold the special tokens and 256 bytes, or a special token occurs twice or is empty.</exception>
    public static BpeTraining Train(
        IEnumerable<Func<Stream>> texts, BpeTrainingOptions options, Action<BpeTrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        throw new NotImplementedException();
}
