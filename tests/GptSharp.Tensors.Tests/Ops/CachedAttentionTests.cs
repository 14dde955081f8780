using GptSharp.OpCases;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class CachedAttentionTests : OpConformanceTests<CachedAttentionCases>
{
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

    public static TheoryData<string, string> BackendsAndPrecisions =>
        new(from backend in TestBackends.Names from precision in TestPrecisions.Names.Take(2) select (backend, precision));

    /// <summary>Generating token by token is the same computation as reading the whole text.</summary>
    [Theory]
    [MemberData(nameof(BackendsAndPrecisions))]
    public void Chunks_of_any_length_give_the_bits_of_the_whole_sequence(string backend, string precision)
    {
        const int Time = 150, HeadSize = 13;
        int[] chunks = [1, 2, 70, 1, 9, 40, 1, 26];
        int width = (CachedAttentionCases.Everything.HeadCount + (2 * CachedAttentionCases.Everything.KeyHeadCount)) * HeadSize;
        int[] documents = AttentionCases.DocumentStarts(1, Time);
        using var engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        DType storage = TestPrecisions.Find(precision).Storage;
        double[] x = Normal((1, Time, width), 1).ToDoubles();
        Tensor Stored(ReadOnlySpan<double> values, Shape shape)
        {
            Tensor tensor = step.New(shape, storage);
            tensor.UploadDoubles(values);
            return tensor;
        }

        double[] whole = Tensors.Ops.Attention(
            Stored(x, (1, Time, width)), CachedAttentionCases.Everything, step.Input(documents, (1, Time))).ToDoubles();
        Shape cache = (1, Time, CachedAttentionCases.Everything.KeyHeadCount * HeadSize);
        Tensor keys = Stored(new double[cache.Count], cache), values = Stored(new double[cache.Count], cache);
        List<double> pieces = [];
        int start = 0;
        foreach (int count in chunks)
        {
            Tensor qkv = Stored(x.AsSpan(start * width, count * width), (1, count, width));
            Tensor starts = step.Input(documents.AsSpan(start, count), (1, count));
            pieces.AddRange(
                Tensors.Ops.CachedAttention(qkv, keys, values, step.Input([start], 1), CachedAttentionCases.Everything, starts).ToDoubles());
            start += count;
        }

        Assert.Equal(whole, pieces);
    }

    [Fact]
    public void A_sequence_that_outgrows_the_cache_is_refused()
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Tensor cache = step.Input(new float[8], (1, 4, 2));
            Tensor qkv = step.Input(new float[12], (1, 2, 6));

            Assert.Throws<TensorException>(
                () => Tensors.Ops.CachedAttention(qkv, cache, cache, step.Input([3], 1), headCount: 1).ToDoubles());
        }
    }

    [Fact]
    public void A_document_that_starts_after_its_position_is_refused()
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Tensor cache = step.Input(new float[8], (1, 4, 2));
            Tensor qkv = step.Input(new float[12], (1, 2, 6));

            TensorException error = Assert.Throws<TensorException>(() => Tensors.Ops.CachedAttention(
                qkv, cache, cache, step.Input([2], 1), new AttentionForm(1), step.Input([2, 4], (1, 2))).ToDoubles());

            Assert.Equal(
                "cached attention: the document at position 3 of sequence 0 cannot start at 4; 0 ... 3 would do.", error.Message);
        }
    }
}
