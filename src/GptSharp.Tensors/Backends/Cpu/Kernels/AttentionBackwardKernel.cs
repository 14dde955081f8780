using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>The backward pass of <see cref="AttentionKernel"/> over whole sequences.</summary>
/// <remarks>
/// With s = scale q k^T, P = exp(f(s) - logSumExp) made again tile by tile, Z = P with dropout and delta_i = dO_i · o_i:
/// dV += Z^T dO; dS = f'(s) (Z (dO V^T) - P delta); dQ += scale dS K; dK += scale dS^T Q. Tiles are transposed, and passed over where
/// nothing is seen, as in forward.
/// <para>
/// A part owns query heads that share a key head of a sample. Where there are enough key heads, it owns all of them, and writes the
/// gradients of key and value. With few key heads the sharers are dealt out to several parts, whose sums are added in the order
/// of the heads afterwards. Either way every gradient has one writer and one order of sums.
/// </para>
/// </remarks>
internal static unsafe class AttentionBackwardKernel
{
    private const int WorthwhileParts = 16;

    /// <summary>Floats of workspace that <see cref="Run"/> needs on a team of <paramref name="threads"/>.</summary>
    public static long WorkspaceCount(in AttentionShape shape, int threads)
    {
        int splits = Splits(shape);
        long areas = splits == 1 ? threads : (long)shape.Batch * shape.KeyHeadCount * splits;
        return (threads * AttentionBackwardScratch.Count(shape)) + (areas * AttentionBackwardScratch.GradientCount(shape));
    }

    /// <summary>dq, dk, dv = their formulas + beta times what they held.</summary>
    /// <typeparam name="TStorage">float or BF16.</typeparam>
    /// <param name="dq">Laid out as q.</param>
    /// <param name="dk">Laid out as k.</param>
    /// <param name="dv">Laid out as v.</param>
    /// <param name="dOutput">Laid out as o.</param>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="o">Outputs of forward.</param>
    /// <param name="logSumExp">(B, H, T), of forward.</param>
    /// <param name="shape">As in forward, with as many keys as queries.</param>
    /// <param name="rules">As in forward.</param>
    /// <param name="dropoutRate">As in forward.</param>
    /// <param name="key">As in forward.</param>
    /// <param name="beta">0 on the first write.</param>
    /// <param name="workspace"><see cref="WorkspaceCount"/> floats.</param>
    /// <param name="team">Runs it.</param>
    public static void Run<TStorage>(
        TStorage* dq, TStorage* dk, TStorage* dv, TStorage* dOutput, TStorage* q, TStorage* k, TStorage* v, TStorage* o,
        float* logSumExp, in AttentionShape shape, in AttentionRules rules, float dropoutRate, in RandomKey key, float beta,
        float* workspace, ThreadTeam team)
        where TStorage : unmanaged
    {
        int keyHeads = checked(shape.Batch * shape.KeyHeadCount), splits = Splits(shape);
        float* gradients = workspace + (team.ThreadCount * AttentionBackwardScratch.Count(shape));
        LaneDispatch.For(
            team, checked(keyHeads * splits),
            new AttentionBackwardPart<TStorage>(
                dq, dk, dv, dOutput, q, k, v, o, logSumExp, shape, rules, splits, dropoutRate, Philox.KeepThreshold(dropoutRate),
                key, beta, workspace, gradients, team));
        if (splits > 1)
        {
            LaneDispatch.For(team, keyHeads, new AddSplits<TStorage>(dk, dv, gradients, shape, splits, beta));
        }
    }

    // How many parts share the query heads of a key head.
    private static int Splits(in AttentionShape shape) =>
        Math.Min(shape.GroupSize, Parts.Count(WorthwhileParts, (long)shape.Batch * shape.KeyHeadCount));

    // The sums of a key head's parts, added and written.
    private readonly struct AddSplits<TStorage>(
        TStorage* dk, TStorage* dv, float* gradients, AttentionShape shape, int splits, float beta) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            long count = AttentionBackwardScratch.GradientCount(shape);
            float* sum = gradients + (part * splits * count);
            for (int split = 1; split < splits; split++)
            {
                float* term = sum + (split * count);
                for (long i = 0; i < count; i += T.Count)
                {
                    T.Store(sum + i, T.Load(sum + i) + T.Load(term + i));
                }
            }

            (int b, int g) = Math.DivRem(part, shape.KeyHeadCount);
            AttentionBackwardScratch.WriteKeyHead<T, TStorage>(dk, dv, sum, shape, b, g, beta);
        }
    }
}
