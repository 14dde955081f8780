using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Inference;

/// <summary>
/// With a cache: every call feeds one token per sequence, all sequences at once. Windows are fed from their beginning at the first
/// call, when one of them slides, and when half of the sequences have left, into a cache for those that remain.
/// </summary>
internal sealed class CachedScorer(Gpt model, int capacity) : IScorer
{
    /// <summary>Positions that are fed at once at most, which bounds the memory of their activations.</summary>
    private const int PositionsPerChunk = 2048;

    private readonly ScoreBuffer _buffer = new();
    private readonly IDisposable _weights = model.ArrangeWeights();
    private KeyValueCache? _cache;
    private Sequence[] _rows = [];
    private int[] _windowStarts = [];

    public void Score(IReadOnlyList<Sequence> sequences, ReceiveScores receive)
    {
        Scores scores = _cache is null || 2 * sequences.Count <= _rows.Length || AnyHasSlid()
            ? FeedWindows(sequences)
            : FeedLast(_cache);                                     // (B, Vp)
        int width = model.Config.PaddedVocabularySize;
        for (int row = 0; row < _rows.Length; row++)
        {
            if (!_rows[row].IsFinished)
            {
                receive(_rows[row], scores.Slice(row * width, width));
            }
        }
    }

    public void Dispose()
    {
        _cache?.Dispose();
        _weights.Dispose();
    }

    private bool AnyHasSlid()
    {
        for (int row = 0; row < _rows.Length; row++)
        {
            if (!_rows[row].IsFinished && StartOf(_rows[row]) != _windowStarts[row])
            {
                return true;
            }
        }

        return false;
    }

    private int StartOf(Sequence sequence) => ContextWindow.Start(sequence.Length, model.Config.BlockSize);

    private Scores FeedLast(KeyValueCache cache)
    {
        var tokens = new int[_rows.Length];
        var counts = new int[_rows.Length];
        Array.Fill(counts, 1);
        for (int row = 0; row < _rows.Length; row++)
        {
            // A finished sequence keeps its row until the next cache; what it computes there is never used.
            Sequence sequence = _rows[row];
            tokens[row] = sequence.IsFinished ? 0 : sequence.Tokens[^1];
            cache.Lengths[row] = sequence.IsFinished ? 0 : sequence.Length - 1 - _windowStarts[row];
        }

        return Feed(cache, tokens, counts);
    }

    private Scores FeedWindows(IReadOnlyList<Sequence> sequences)
    {
        if (_cache is null || sequences.Count != _rows.Length)
        {
            _cache?.Dispose();
            _cache = model.NewCache(sequences.Count, capacity);
        }

        _rows = [.. sequences];
        _windowStarts = [.. sequences.Select(StartOf)];
        int longest = sequences.Max(sequence => sequence.Length - StartOf(sequence));
        int chunk = Math.Clamp(PositionsPerChunk / _rows.Length, 1, longest);
        int rest = (longest - 1) / chunk * chunk;
        for (; rest > 0; rest -= chunk)
        {
            FeedChunk(_cache, chunk, rest);
        }

        return FeedChunk(_cache, chunk, 0);
    }

    // All windows end with the last chunk, so a short one waits at its first token, which it may feed any number of times.
    private Scores FeedChunk(KeyValueCache cache, int chunk, int rest)
    {
        var tokens = new int[_rows.Length * chunk];
        var counts = new int[_rows.Length];
        for (int row = 0; row < _rows.Length; row++)
        {
            ReadOnlySpan<int> window = _rows[row].Tokens[_windowStarts[row]..];
            int begin = Math.Max(0, window.Length - rest - chunk);
            int end = Math.Max(1, window.Length - rest);
            window[begin..end].CopyTo(tokens.AsSpan(row * chunk));
            counts[row] = end - begin;
            cache.Lengths[row] = begin;
        }

        return Feed(cache, tokens, counts);
    }

    private Scores Feed(KeyValueCache cache, int[] tokens, int[] counts)
    {
        using Step step = model.Engine.BeginStep(StepOptions.Evaluate);
        Tensor input = step.Input(tokens, (counts.Length, tokens.Length / counts.Length));      // (B, N)
        return _buffer.Download(model.ForwardCached(input, counts, cache));                     // (B, Vp)
    }
}
