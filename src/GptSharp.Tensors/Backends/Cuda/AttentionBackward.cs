using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>
/// Three launches: the statistics of every query, then the gradients of keys and values, then those of queries; see
/// <c>kernels/attention_delta.cu</c> and <c>kernels/attention_backward_generic.cu</c>.
/// </content>
public sealed unsafe partial class CudaBackend
{
    private const int StatisticsRows = 64;

    private KernelPair _attentionDelta = new("attention_delta", "attention_delta");
    private KernelPair _keys64 = new("attention_backward_generic", "attention_backward_keys_c64");
    private KernelPair _keys128 = new("attention_backward_generic", "attention_backward_keys_c128");
    private KernelPair _keys256 = new("attention_backward_generic", "attention_backward_keys_c256");
    private KernelPair _queries64 = new("attention_backward_generic", "attention_backward_queries_c64");
    private KernelPair _queries128 = new("attention_backward_generic", "attention_backward_queries_c128");
    private KernelPair _queries256 = new("attention_backward_generic", "attention_backward_queries_c256");

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta)
    {
        (int batch, int time, int heads) = (qkv.Shape[0], qkv.Shape[1], form.HeadCount);
        int headSize = form.HeadSize(qkv.Shape[2]);
        nint statistics = Workspace(AttentionBackwardWorkspaceBytes(batch, time, heads));

        Span<KernelParameter> parameters = stackalloc KernelParameter[5 + AttentionFormParameters];
        PutForm(parameters, documentStarts, form, time, headSize, dropoutRate, key);
        (parameters[0], parameters[1], parameters[2], parameters[3], parameters[4]) = (dQkv.Address, qkv.Address, dy.Address, statistics, beta);

        Launch(
            _attentionDelta.For(qkv.DType, this), new LaunchShape(batch * heads * Blocks(time, StatisticsRows), 256),
            statistics, dy.Address, y.Address, logSumExp.Address, time, heads, headSize);

        GenericTile tile = GenericTile.For(headSize);
        (CudaKernel keys, CudaKernel queries) = tile.Channels switch
        {
            64 => (_keys64.For(qkv.DType, this), _queries64.For(qkv.DType, this)),
            128 => (_keys128.For(qkv.DType, this), _queries128.For(qkv.DType, this)),
            _ => (_keys256.For(qkv.DType, this), _queries256.For(qkv.DType, this)),
        };
        int tiles = batch * Blocks(time, tile.OwnedRows);
        Launch(keys, new LaunchShape(tiles * form.KeyHeadCount, 256, tile.SharedBytes), parameters);
        Launch(queries, new LaunchShape(tiles * heads, 256, tile.SharedBytes), parameters);
    }

    /// <summary>Two floats for every query, counted in whole blocks.</summary>
    private static long AttentionBackwardWorkspaceBytes(int batch, int time, int heads) =>
        (long)batch * heads * Blocks(time, StatisticsRows) * StatisticsRows * 2 * sizeof(float);

    /// <summary>The tile of the generic kernels: <c>BackwardTile</c> of <c>kernels/attention_backward_generic.cu</c>.</summary>
    /// <param name="Channels">D rounded up.</param>
    /// <param name="OwnedRows">Rows that a block owns.</param>
    /// <param name="StreamedRows">Rows that it reads at a time.</param>
    private readonly record struct GenericTile(int Channels, int OwnedRows, int StreamedRows)
    {
        /// <summary>What a block has in shared memory: four tiles of channels, two of pairs, and three words per query.</summary>
        public int SharedBytes
        {
            get
            {
                int pairs = OwnedRows % 32 == 0 ? OwnedRows + 16 : OwnedRows;
                return sizeof(float) * (2 * (OwnedRows + StreamedRows) * (Channels + 4) + (2 * StreamedRows * pairs) + (3 * OwnedRows));
            }
        }

        /// <summary>The tile for heads of some width.</summary>
        public static GenericTile For(int headSize) => headSize switch
        {
            <= 64 => new(64, 64, 16),
            <= 128 => new(128, 32, 16),
            _ => new(256, 16, 8),
        };
    }
}
