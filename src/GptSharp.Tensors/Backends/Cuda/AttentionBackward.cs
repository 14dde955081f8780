using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.AttentionRoutes;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>
/// Attention, backward: one launch for the statistics of the queries (<c>kernels/attention_delta.cu</c>), one for the gradients of keys and
/// values, one for the gradient of queries. BF16 with heads of 64 or 128 channels at 16-byte alignment goes to the tensor cores
/// (<c>attention_backward_keys.cu</c>, <c>attention_backward_queries.cu</c>), to the kernel that has no more features than the form asks for;
/// everything else goes to <c>attention_backward_generic.cu</c>.
/// </content>
public sealed unsafe partial class CudaBackend
{
    private const int StatisticsRows = 64;

    private readonly Dictionary<AttentionBackwardRoute, (CudaKernel Kernel, AttentionBackwardTile Tile)> _attentionBackward = [];
    private KernelPair _attentionDelta = new("attention_delta", "attention_delta");
    private KernelPair _attentionDelta64 = new("attention_delta", "attention_delta_d64");
    private KernelPair _attentionDelta128 = new("attention_delta", "attention_delta_d128");

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta)
    {
        (int batch, int time, int headSize, int heads) = (qkv.Shape[0], qkv.Shape[1], form.HeadSize(qkv.Shape[2]), form.HeadCount);
        nint statistics = Workspace(AttentionBackwardWorkspaceBytes(batch, time, heads));
        nint firstKeys = statistics + (nint)StatisticsBytes(batch, time, heads);

        AttentionFeatures features = AttentionBackwardRoute.FeaturesOf(form, !documentStarts.IsNone, dropoutRate);
        bool tensorCores = qkv.DType == DType.BF16 && headSize is 64 or 128 && ((dQkv.Address | dy.Address | qkv.Address | y.Address) & 15) == 0;
        var route = new AttentionBackwardRoute(qkv.DType, headSize, time, tensorCores, features, OwnsKeys: true);

        CudaKernel delta = !tensorCores ? _attentionDelta.For(qkv.DType, this)
            : headSize == 64 ? _attentionDelta64.For(DType.BF16, this) : _attentionDelta128.For(DType.BF16, this);
        LaunchAttention(
            delta, new LaunchShape(batch * heads * Grid.Blocks(time, StatisticsRows), 256), qkv, documentStarts, form, dropoutRate, key,
            statistics, features == AttentionFeatures.Plain ? Absent : firstKeys, dy.Address, y.Address, logSumExp.Address);

        (CudaKernel keys, AttentionBackwardTile keyTile) = AttentionBackwardKernel(route);
        LaunchAttention(
            keys, keyTile.Shape(batch * form.KeyHeadCount, time), qkv, documentStarts, form, dropoutRate, key,
            dQkv.Address, qkv.Address, dy.Address, statistics, firstKeys, beta);

        (CudaKernel queries, AttentionBackwardTile queryTile) = AttentionBackwardKernel(route with { OwnsKeys = false });
        LaunchAttention(
            queries, queryTile.Shape(batch * heads, time), qkv, documentStarts, form, dropoutRate, key,
            dQkv.Address, qkv.Address, dy.Address, statistics, firstKeys, beta);
    }

    /// <summary>The first kernel of a route that keeps everything in registers, or the last.</summary>
    private (CudaKernel Kernel, AttentionBackwardTile Tile) AttentionBackwardKernel(AttentionBackwardRoute route)
    {
        AttentionBackwardRoute one = route.Representative;
        if (!_attentionBackward.TryGetValue(one, out (CudaKernel Kernel, AttentionBackwardTile Tile) chosen))
        {
            foreach (AttentionBackwardTile tile in one.Tiles())
            {
                chosen = (Kernel(tile.Image, tile.Name), tile);
                if (chosen.Kernel.LocalBytes == 0)
                {
                    break;
                }
            }

            _attentionBackward.Add(one, chosen);
        }

        return chosen;
    }

    /// <summary>Two floats for every query of every head, and a key for every position, counted in whole blocks.</summary>
    private static long AttentionBackwardWorkspaceBytes(int batch, int time, int heads) =>
        StatisticsBytes(batch, time, heads) + ((long)batch * Grid.Blocks(time, StatisticsRows) * StatisticsRows * sizeof(int));

    private static long StatisticsBytes(int batch, int time, int heads) =>
        (long)batch * heads * Grid.Blocks(time, StatisticsRows) * StatisticsRows * 2 * sizeof(float);
}
