using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class CachedAttentionTests : OpConformanceTests<CachedAttentionTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one new position each", batch: 3, added: 1, capacity: 16, heads: 2, headSize: 8, 0, 7, 15),
        Case("a prompt into an empty cache", 2, 9, 16, 3, 6, 0, 0),
        Case("a chunk after different lengths", 2, 5, 80, 2, 13, 3, 70),
    ];

    [Fact]
    public void New_keys_and_values_are_appended_at_each_start()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor keys = step.Input(new float[2 * 4 * 2], (2, 4, 2));
        Tensor values = step.Input(new float[2 * 4 * 2], (2, 4, 2));
        float[] qkv = [.. Enumerable.Range(1, 12).Select(i => (float)i)];

        Tensors.Ops.CachedAttention(step.Input(qkv, (2, 1, 6)), keys, values, step.Input([1, 3], 2), headCount: 1);

        Assert.Equal([0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 10], keys.ToDoubles());
        Assert.Equal([0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 12], values.ToDoubles());
    }

    [Fact]
    public void A_sequence_that_outgrows_the_cache_is_refused()
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = new Engine(TestBackends.Create(backend));
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Tensor cache = step.Input(new float[8], (1, 4, 2));
            Tensor qkv = step.Input(new float[12], (1, 2, 6));

            Assert.Throws<TensorException>(
                () => Tensors.Ops.CachedAttention(qkv, cache, cache, step.Input([3], 1), headCount: 1));
        }
    }

    private static OpCase Case(
        string name, int batch, int added, int capacity, int heads, int headSize, params int[] starts)
    {
        int channels = heads * headSize;
        return new OpCase(
            name,
            t => Tensors.Ops.CachedAttention(t[0], t[1], t[2], t[3], heads),
            Normal((batch, added, 3 * channels), 1),
            Normal((batch, capacity, channels), 2),
            Normal((batch, capacity, channels), 3),
            Indices(batch, starts))
        {
            Differentiable = false,
        };
    }
}
