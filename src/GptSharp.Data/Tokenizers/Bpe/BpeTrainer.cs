using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Learns a vocabulary: the most frequent pair of adjacent tokens becomes a token, again and again. Ties go to the pair of the smaller ids, left before right,
/// as in the tokenizers library. Texts are read as streams; memory holds their different pieces, never the texts.
/// </summary>
public static class BpeTrainer
{
    private const int BlockSize = 1 << 20;
    private const int MergesBetweenReports = 100;

    /// <summary>Trains on texts.</summary>
    /// <param name="texts">Opens each text; pieces never span two texts. Bytes that are no UTF-8 are learnt as they are.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="progress">Told now and then how far it is; on the thread that trains.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The vocabulary; smaller than wanted when the texts run out of pairs.</returns>
    /// <exception cref="ArgumentException">The vocabulary cannot hold the special tokens and 256 bytes, or a special token occurs twice or is empty.</exception>
    public static BpeTraining Train(
        IEnumerable<Func<Stream>> texts, BpeTrainingOptions options, Action<BpeTrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var vocabulary = new TrainingVocabulary(options);
        (PieceCounter pieces, long bytes) = Count(texts, options, cancellation);
        progress?.Invoke(new BpeTrainingProgress(bytes, pieces.Count, 0, clock.Elapsed));
        var learner = new MergeLearner(pieces, vocabulary.ByteTokens);
        var merges = new List<BpeMerge>();
        while (vocabulary.Count < options.VocabularySize && learner.TryTake(options.MinimumFrequency, out PairOccurrences pair))
        {
            cancellation.ThrowIfCancellationRequested();
            int merged = vocabulary.Merge(pair.Left, pair.Right);
            learner.Merge(pair, merged);
            merges.Add(new BpeMerge(pair.Left, pair.Right, merged));
            if (merges.Count % MergesBetweenReports == 0)
            {
                progress?.Invoke(new BpeTrainingProgress(bytes, pieces.Count, merges.Count, clock.Elapsed));
            }
        }

        progress?.Invoke(new BpeTrainingProgress(bytes, pieces.Count, merges.Count, clock.Elapsed));
        return new BpeTraining(options.SpecialTokens, vocabulary.Tokens, merges);
    }

    // Each thread counts in a table of its own: sums do not depend on who counted what.
    private static (PieceCounter Pieces, long Bytes) Count(IEnumerable<Func<Stream>> texts, BpeTrainingOptions options, CancellationToken cancellation)
    {
        using var blocks = new TextBlocks(texts, options.Pattern, BlockSize);
        var counters = new PieceCounter[Math.Max(1, options.Threads)];
        var errors = new ConcurrentQueue<Exception>();
        var threads = new Thread[counters.Length - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int own = i + 1;
            threads[i] = new Thread(() => CountBlocks(own));
            threads[i].Start();
        }

        CountBlocks(0);
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        if (errors.TryDequeue(out Exception? error))
        {
            ExceptionDispatchInfo.Throw(error);
        }

        PieceCounter all = counters.MaxBy(counter => counter.Count)!;
        foreach (PieceCounter counter in counters.Where(counter => counter != all))
        {
            all.Add(counter);
        }

        return (all, blocks.BytesRead);

        void CountBlocks(int own)
        {
            try
            {
                PieceCounter counter = counters[own] = new PieceCounter();
                byte[] buffer = new byte[BlockSize];
                for (int length; errors.IsEmpty && (length = blocks.Next(ref buffer)) >= 0;)
                {
                    cancellation.ThrowIfCancellationRequested();
                    ReadOnlySpan<byte> block = buffer.AsSpan(0, length);
                    for (int start = 0; start < block.Length;)
                    {
                        int end = SplitPatterns.EndOfPiece(options.Pattern, block, start);
                        counter.Add(block[start..end], 1);
                        start = end;
                    }
                }
            }
            catch (Exception exception)
            {
                errors.Enqueue(exception);
            }
        }
    }
}
