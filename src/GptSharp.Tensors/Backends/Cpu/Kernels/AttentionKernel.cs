using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Causal multi-head attention that keeps a tile of scores at a time (Dao et al. 2022, arXiv:2205.14135; the running maximum and
/// sum of Milakov and Gimelshein 2018, arXiv:1805.02867).
/// </summary>
/// <remarks>
/// Scores are kept transposed: a register holds one key's scores against as many queries as it has lanes. Maximum, sum and
/// rescaling of the softmax are then plain register arithmetic, nothing is ever summed across lanes, and both products broadcast
/// from keys and values in their natural layout. The softmax runs in powers of two.
/// <para>
/// Each query's arithmetic depends on its own position and on the 64-key tiles counted from key 0, not on which queries share its
/// registers. So a row's bits are the same in a whole sequence, in a cached chunk of any length, and in any batch, on one path.
/// </para>
/// <para>
/// Tiles of keys that no query of a tile sees, be it for the window or for the document, are passed over: a hidden key's weight is
/// exactly 0, so a row does not notice whether its neighbours had the tile computed.
/// </para>
/// </remarks>
internal static unsafe class AttentionKernel
{
    private const int LargeBlock = 256, SmallBlock = 64, WorthwhileParts = 32;

    /// <summary>Floats of workspace that <see cref="Forward"/> needs on a team of <paramref name="threads"/>.</summary>
    public static long WorkspaceCount(in AttentionShape shape, int threads) =>
        threads * Math.Max(AttentionForwardScratch.Count(shape, BlockRows(shape)), AttentionRowsKernel.WorkspaceCount(shape));

    /// <summary>
    /// o = dropout(softmax(f(scale q k^T))) v, where the query at position p sees keys up to p and f is what the rules do to scores;
    /// logSumExp = ln sum_j exp(f(scale q k_j)).
    /// </summary>
    /// <typeparam name="TStorage">float or BF16.</typeparam>
    /// <param name="o">Outputs, laid out as <paramref name="shape"/> says.</param>
    /// <param name="logSumExp">(B, H, QueryCount), or null if no backward pass follows.</param>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="starts">(B): the position of each sample's first query, or null for 0. Keys beyond a sample's last query are not read.</param>
    /// <param name="shape">Sizes and layout.</param>
    /// <param name="rules">Window, documents, soft cap, ALiBi.</param>
    /// <param name="dropoutRate">In [0, 1); element (h T + i) T + j of sample b is the weight of key j for query i of head h.</param>
    /// <param name="key">Keys the dropout mask.</param>
    /// <param name="workspace"><see cref="WorkspaceCount"/> floats.</param>
    /// <param name="team">Runs it.</param>
    public static void Forward<TStorage>(
        TStorage* o, float* logSumExp, TStorage* q, TStorage* k, TStorage* v, int* starts,
        in AttentionShape shape, in AttentionRules rules, float dropoutRate, in RandomKey key, float* workspace, ThreadTeam team)
        where TStorage : unmanaged
    {
        if (dropoutRate == 0 && (long)shape.GroupSize * shape.QueryCount <= AttentionRowsKernel.MaximumRows)
        {
            AttentionRowsKernel.Forward(o, logSumExp, q, k, v, starts, shape, rules, workspace, team);
            return;
        }

        if (dropoutRate != 0)
        {
            Philox.RequireElementRange(0, (long)shape.HeadCount * shape.QueryCount * shape.QueryCount);
        }

        int blockRows = BlockRows(shape), blocks = Parts.Count((long)shape.GroupSize * shape.QueryCount, blockRows);
        LaneDispatch.For(
            team, checked(shape.Batch * shape.KeyHeadCount * blocks),
            new AttentionForwardPart<TStorage>(
                o, logSumExp, q, k, v, starts, shape, rules, blockRows, blocks, dropoutRate, Philox.KeepThreshold(dropoutRate), key,
                workspace, team));
    }

    // Large blocks pack each tile of keys less often; small ones keep more threads busy when there are few heads.
    private static int BlockRows(in AttentionShape shape)
    {
        long largeParts = (long)shape.Batch * shape.KeyHeadCount
            * Parts.Count((long)shape.GroupSize * shape.QueryCount, LargeBlock);
        return largeParts >= WorthwhileParts ? LargeBlock : SmallBlock;
    }
}
