using System.Numerics;
using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private const int RopeThreads = 128;

    private KernelPair _rope = new("rope", "rope");

    /// <inheritdoc/>
    public void Rope(
        Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta)
    {
        (int batch, int time) = (qkv.Shape[0], qkv.Shape[1]);
        (int size, int width) = (form.HeadSize(qkv.Shape.Last), table.Shape.Last);

        // As many threads make up a head as it has pairs of packs; the kernel decides alike whether there are packs.
        int pack = Grid.PackBytes / qkv.DType.Size();
        bool wholePacks = size % pack == 0 && width % (2 * pack) == 0 && y.Address % Grid.PackBytes == 0 && qkv.Address % Grid.PackBytes == 0;
        int pairs = Math.Max(1, width / 2 / (wholePacks ? pack : 1));
        int lanes = (int)Math.Min(RopeThreads, BitOperations.RoundUpToPowerOf2((uint)pairs));
        Launch(
            _rope.For(qkv.DType, this), new LaunchShape(checked(batch * time), RopeThreads, width * sizeof(float)),
            y.Address, qkv.Address, table.Address, starts.Address, starts.IsNone ? 0 : Report("rope", starts, IndexRule.NotNegative),
            time, table.Shape[0], size, width, form.HeadCount + form.KeyHeadCount, form.HeadCount + (2 * form.KeyHeadCount),
            BitOperations.Log2((uint)lanes), pairing == RopePairing.Interleaved ? 1 : 0, inverse ? -1f : 1f, beta);
    }
}
