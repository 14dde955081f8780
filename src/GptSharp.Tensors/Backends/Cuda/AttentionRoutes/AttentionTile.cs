using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

/// <summary>A kernel of <c>attention.cu</c>: which head sizes it takes and how it divides the work.</summary>
/// <param name="Name">Its name, without the storage type.</param>
/// <param name="MostHeadSize">Largest D.</param>
/// <param name="Queries">Queries of a block.</param>
/// <param name="Keys">Keys that a block takes at a time.</param>
internal readonly record struct AttentionTile(string Name, int MostHeadSize, int Queries, int Keys)
{
    private const int Threads = 128;
    private const int FewQueries = 16;

    /// <summary>All of them, in the order in which they are tried.</summary>
    public static AttentionTile[] All { get; } =
    [
        new("attention_64_few", 64, FewQueries, 32),
        new("attention_64", 64, 64, 32),
        new("attention_128_few", 128, FewQueries, 16),
        new("attention_128", 128, 64, 16),
        new("attention_256", 256, 32, 8),
    ];

    /// <summary>The first that takes the head size and, if it is for few queries, has room for all of them.</summary>
    /// <returns>Its place in <see cref="All"/>, or -1.</returns>
    public static int Find(int headSize, int queryCount)
    {
        for (int i = 0; i < All.Length; i++)
        {
            if (headSize <= All[i].MostHeadSize && (All[i].Queries != FewQueries || queryCount <= FewQueries))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The launch.</summary>
    /// <param name="sequences">B H.</param>
    /// <param name="queryCount">Queries of a sequence.</param>
    /// <param name="headSize">D.</param>
    public LaunchShape Shape(int sequences, int queryCount, int headSize)
    {
        int pitch = 4 * (((headSize + 3) / 4) | 1);                       // of rows of queries, keys and values
        int weightsPitch = Keys / 8 % 2 == 1 ? Keys : Keys + 8;
        int floats = ((Queries + (2 * Keys)) * pitch) + (Queries * weightsPitch);
        return new LaunchShape((sequences, (queryCount + Queries - 1) / Queries), Threads, floats * sizeof(float));
    }
}
