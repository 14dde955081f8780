using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What one thread of <see cref="AttentionBackwardKernel"/> works in.</summary>
internal readonly unsafe ref struct AttentionBackwardScratch
{
    public AttentionBackwardScratch(float* memory, float* gradients, in AttentionShape shape)
    {
        int d = shape.PaddedHeadSize;
        long all = (long)PaddedTime(shape) * d;
        KeyGradients = gradients;
        ValueGradients = KeyGradients + all;
        Keys = memory;
        Values = Keys + all;
        TurnedQueries = Values + all;
        TurnedOutputGradients = TurnedQueries + (32 * d);
        QueryGradients = TurnedOutputGradients + (32 * d);
        Queries = QueryGradients + (32 * d);
        OutputGradients = Queries + (32 * d);
        Weights = OutputGradients + (32 * d);
        ScoreGradients = Weights + (AttentionTiles.Keys * 32);
        CapDerivatives = ScoreGradients + (AttentionTiles.Keys * 32);
        LogSums = CapDerivatives + (AttentionTiles.Keys * 32);
        Deltas = LogSums + 32;
        KeptLow = Deltas + 32;
        KeptHigh = KeptLow + 32;
        FirstKeys = KeptHigh + 32;
    }

    public readonly float* Keys;                    // (T, D)
    public readonly float* Values;                  // (T, D)
    public readonly float* KeyGradients;            // (T, D)
    public readonly float* ValueGradients;          // (T, D)
    public readonly float* TurnedQueries;           // (D, queries), times scale log2 e
    public readonly float* TurnedOutputGradients;   // (D, queries)
    public readonly float* QueryGradients;          // (D, queries)
    public readonly float* Queries;                 // (queries, D), times scale
    public readonly float* OutputGradients;         // (queries, D)
    public readonly float* Weights;                 // (64, queries): s, then Z
    public readonly float* ScoreGradients;          // (64, queries): dO V^T, then dS
    public readonly float* CapDerivatives;          // (64, queries)
    public readonly float* LogSums;                 // (queries), in powers of two
    public readonly float* Deltas;                  // (queries)
    public readonly float* KeptLow;                 // (queries), dropout decisions of keys 0 ... 31 of the tile, as words
    public readonly float* KeptHigh;                // and of keys 32 ... 63
    public readonly float* FirstKeys;               // (queries), the first key that each may see

    /// <summary>Floats of a thread, without the gradients of keys and values.</summary>
    public static long Count(in AttentionShape shape) =>
        ((2L * PaddedTime(shape)) + (5 * 32)) * shape.PaddedHeadSize + (3 * AttentionTiles.Keys * 32) + (5 * 32);

    /// <summary>Floats of the gradients of one head's keys and values.</summary>
    public static long GradientCount(in AttentionShape shape) => 2L * PaddedTime(shape) * shape.PaddedHeadSize;

    /// <summary>The time in whole groups of rows; keys beyond the last are zeros.</summary>
    public static int PaddedTime(in AttentionShape shape) =>
        AttentionTiles.RoundUp(shape.QueryCount, TileProduct.RowMultiple);

    /// <summary>Writes the finished gradients of a key head's keys and values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WriteKeyHead<T, TStorage>(
        TStorage* dk, TStorage* dv, float* gradients, in AttentionShape shape, int b, int g, float beta)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
    {
        int time = shape.QueryCount, size = shape.HeadSize, d = shape.PaddedHeadSize;
        long offset = ((long)b * time * shape.KeyStride) + ((long)g * size);
        float* values = gradients + ((long)PaddedTime(shape) * d);
        AttentionTiles.Unpack<T, TStorage>(dk + offset, shape.KeyStride, gradients, d, size, time, beta);
        AttentionTiles.Unpack<T, TStorage>(dv + offset, shape.KeyStride, values, d, size, time, beta);
    }
}
