using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

/// <summary>A kernel of attention's backward pass: a block for every tile of rows of every head.</summary>
/// <param name="Image">Its source file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Keys or queries that a block owns.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
internal sealed record AttentionBackwardTile(string Image, string Name, int Rows, int Threads, int SharedBytes)
{
    /// <summary>Gradients of keys and values on tensor cores: K and V, two stages of Q, dy, statistics and, unless plain, first keys.</summary>
    /// <param name="headSize">D.</param>
    /// <param name="features">The part of the name that says what it knows.</param>
    /// <param name="keys">Keys that a block owns.</param>
    /// <param name="queries">Queries that it reads at a time.</param>
    /// <param name="sixteens">Keys of a warp over 16.</param>
    public static AttentionBackwardTile Keys(int headSize, string features, int keys, int queries, int sixteens) => new(
        "attention_backward_keys", $"attention_backward_keys_d{headSize}_{features}{keys}x{queries}", keys, 2 * keys / sixteens,
        (4 * headSize * keys) + (2 * ((4 * headSize * queries) + (features.Length == 0 ? 512 : 1024))));

    /// <summary>The gradient of queries on tensor cores: Q and dy, two stages of K and V.</summary>
    /// <param name="headSize">D.</param>
    /// <param name="features">The part of the name that says what it knows.</param>
    /// <param name="queries">Queries that a block owns.</param>
    /// <param name="keys">Keys that it reads at a time.</param>
    /// <param name="sixteens">Queries of a warp over 16.</param>
    public static AttentionBackwardTile Queries(int headSize, string features, int queries, int keys, int sixteens) => new(
        "attention_backward_queries", $"attention_backward_queries_d{headSize}_{features}{queries}x{keys}", queries, 2 * queries / sixteens,
        4 * headSize * (queries + (2 * keys)));

    /// <summary>The kernel that takes every head size up to 256 and every form: four tiles of channels, two of pairs, three words per query.</summary>
    /// <param name="part"><c>keys</c> or <c>queries</c>.</param>
    /// <param name="headSize">D.</param>
    /// <param name="type">How the tensors are stored.</param>
    public static AttentionBackwardTile Generic(string part, int headSize, DType type)
    {
        (int channels, int owned, int streamed) = headSize switch
        {
            <= 64 => (64, 64, 16),
            <= 128 => (128, 32, 16),
            _ => (256, 16, 8),
        };
        int pairs = owned % 32 == 0 ? owned + 16 : owned;
        int floats = (2 * (owned + streamed) * (channels + 4)) + (2 * streamed * pairs) + (3 * owned);
        return new(
            "attention_backward_generic", $"attention_backward_{part}_c{channels}_{(type == DType.BF16 ? "bf16" : "f32")}", owned, 256,
            sizeof(float) * floats);
    }

    /// <summary>The launch.</summary>
    /// <param name="heads">Heads of all samples.</param>
    /// <param name="time">T.</param>
    public LaunchShape Shape(int heads, int time) => new(heads * ((time + Rows - 1) / Rows), Threads, SharedBytes);
}
