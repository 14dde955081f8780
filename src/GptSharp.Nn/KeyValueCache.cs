using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn;

/// <summary>
/// The keys and values of every position that a batch of sequences has passed through, so that generation computes each
/// position once. Sequences may have different lengths.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly SessionArena _arena;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly int[] _documentStarts;

    internal KeyValueCache(Engine engine, GptConfig config, int batch, int capacity, DType type)
    {
        Capacity = capacity;
        Lengths = new int[batch];
        _arena = engine.NewSessionArena("key-value cache");
        _documentStarts = new int[config.DocumentToken is null ? 0 : batch * capacity];
        Shape shape = (batch, capacity, config.KeyHeadCount * config.HeadSize);
        _keys = [.. Enumerable.Range(0, config.LayerCount).Select(_ => _arena.New(shape, type, "keys"))];
        _values = [.. Enumerable.Range(0, config.LayerCount).Select(_ => _arena.New(shape, type, "values"))];
    }

    /// <summary>Positions that each sequence can have.</summary>
    public int Capacity { get; }

    /// <summary>Positions that each sequence has. Whoever feeds new positions advances them by as many as were real.</summary>
    public int[] Lengths { get; }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _arena.Dispose();

    /// <summary>(B, capacity, G D) of one layer.</summary>
    internal Tensor Keys(int layer) => _keys[layer];

    /// <summary>(B, capacity, G D) of one layer.</summary>
    internal Tensor Values(int layer) => _values[layer];

    /// <summary>(capacity): at which position the document of each position of a sequence begins. With document masking only.</summary>
    internal Span<int> DocumentStarts(int sequence) => _documentStarts.AsSpan(sequence * Capacity, Capacity);
}
