using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>AdamW in every storage: float values, BF16 values with float master weights, BF16 values alone.</summary>
public sealed class AdamWStorageTests
{
    private const int Count = 4096;
    private const uint LowerHalf = 0xFFFF;

    // The first update moves every value against its gradient by the learning rate: 2^-12, a sixteenth of the 2^-8 between 1 and the
    // BF16 number below it.
    private static readonly AdamWScalars SmallMove = new(
        LearningRate: 1.0 / 4096, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-30, WeightDecay: 0, Update: 1, Clip: double.PositiveInfinity);

    private static readonly (DType Values, bool HasMaster, DType Gradients)[] AllSignatures =
    [
        (DType.F32, false, DType.F32), (DType.F32, true, DType.F32), (DType.BF16, true, DType.F32),
        (DType.BF16, true, DType.BF16), (DType.BF16, false, DType.F32), (DType.BF16, false, DType.BF16),
    ];

    public static TheoryData<string> Backends => [.. TestBackends.Names, "reference"];

    public static TheoryData<string, DType, bool, DType> Signatures => new(
        from backend in TestBackends.Names
        from signature in AllSignatures
        select (backend, signature.Values, signature.HasMaster, signature.Gradients));

    [Theory]
    [MemberData(nameof(Signatures))]
    public void An_update_is_References_in_every_signature(string backend, DType values, bool hasMaster, DType gradients)
    {
        AdamWScalars scalars = SmallMove with { LearningRate = 0.01, WeightDecay = 0.1, Epsilon = 1e-8, Clip = 1.5 };
        double[] w = OpInput.Normal(Count, 1).ToDoubles(), g = OpInput.Normal(Count, 2).ToDoubles();

        State expected = Update("reference", values, hasMaster, gradients, w, g, scalars, new RandomKey(1, 2, 3, 4));
        State actual = Update(backend, values, hasMaster, gradients, w, g, scalars, new RandomKey(1, 2, 3, 4));

        Assert.InRange(RelativeDistance.Between(expected.Master, actual.Master), 0, 1e-6);
        Assert.InRange(RelativeDistance.Between(expected.FirstMoment, actual.FirstMoment), 0, 1e-6);
        Assert.InRange(RelativeDistance.Between(expected.SecondMoment, actual.SecondMoment), 0, 1e-6);
        if (values == DType.F32)
        {
            Assert.InRange(RelativeDistance.Between(expected.Values, actual.Values), 0, 1e-6);
            return;
        }

        // A last bit of the float before rounding decides one element in thousands.
        Assert.InRange(Enumerable.Range(0, Count).Count(i => expected.Values[i] != actual.Values[i]), 0, 4);
        Assert.All(actual.Values, value => Assert.Equal(0u, BitConverter.SingleToUInt32Bits((float)value) & LowerHalf));
        if (hasMaster)
        {
            Assert.Equal(Array.ConvertAll(actual.Master, value => (double)(float)(BF16)value), actual.Values);
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Moves_that_floats_hold_exactly_draw_References_random_bits(string backend)
    {
        // No gradient, and a decay by 2^-10: eighteen bits hold every product.
        AdamWScalars decay = SmallMove with { LearningRate = 1.0 / 16, WeightDecay = 1.0 / 64 };
        double[] w = OpInput.Normal(Count, 3).ToDoubles(), g = new double[Count];
        var key = new RandomKey(0x1234_5678_9abc, 77, 5, 9);

        State expected = Update("reference", DType.BF16, false, DType.BF16, w, g, decay, key);
        State actual = Update(backend, DType.BF16, false, DType.BF16, w, g, decay, key);
        State otherStep = Update(backend, DType.BF16, false, DType.BF16, w, g, decay, key with { Step = 78 });

        Assert.Equal(expected.Values, actual.Values);
        Assert.NotEqual(expected.Values, otherStep.Values);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_move_below_half_a_unit_in_the_last_place_reaches_the_master_weights_and_in_time_the_values(string backend)
    {
        double[] ones = [.. Enumerable.Repeat(1.0, Count)];

        State once = Update(backend, DType.BF16, true, DType.F32, ones, ones, SmallMove, default);
        State often = Update(backend, DType.BF16, true, DType.F32, ones, ones, SmallMove, default, updates: 64);

        Assert.All(once.Values, value => Assert.Equal(1, value));
        Assert.All(once.Master, value => Assert.Equal(1 - (1.0 / 4096), value, 1e-7));

        // A constant gradient keeps every move at the learning rate: 64 of them make 2^-6.
        Assert.All(often.Values, value => Assert.Equal(1 - (1.0 / 64), value));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_move_below_half_a_unit_in_the_last_place_reaches_values_without_a_master_in_expectation(string backend)
    {
        double[] ones = [.. Enumerable.Repeat(1.0, Count)];
        int moved = 0;
        const int Steps = 8;
        for (uint step = 0; step < Steps; step++)
        {
            State state = Update(backend, DType.BF16, false, DType.BF16, ones, ones, SmallMove, new RandomKey(42, step, 0, 1));
            Assert.All(state.Values, value => Assert.True(value is 1 or 1 - (1.0 / 256)));
            moved += state.Values.Count(value => value < 1);
        }

        // Each value moves with probability 1/16. Five standard deviations of the binomial distribution of 32768 values: 219 of 2048.
        double mean = Steps * Count / 16.0, deviation = Math.Sqrt(mean * 15 / 16);
        Assert.InRange(moved, mean - (5 * deviation), mean + (5 * deviation));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Many_small_moves_without_a_master_end_where_the_floats_do_on_average(string backend)
    {
        const int Updates = 64;
        double[] ones = [.. Enumerable.Repeat(1.0, Count)];

        State state = Update(backend, DType.BF16, false, DType.BF16, ones, ones, SmallMove, new RandomKey(43, 0, 0, 1), Updates);

        // A sum of 64 independent steps of 2^-8 or none, with probability 1/16: the mean over 4096 values within five deviations.
        double deviation = Math.Sqrt(Updates / 16.0 * 15 / 16) / 256 / Math.Sqrt(Count);
        Assert.Equal(1 - (Updates / 4096.0), state.Values.Average(), 5 * deviation);
        Assert.True(state.Values.Distinct().Count() > 5, "The values went different ways.");
    }

    // The same gradient in every update; the key's step is the update's number added to the given one.
    private static State Update(
        string backend, DType values, bool hasMaster, DType gradients, double[] w, double[] g, AdamWScalars scalars, RandomKey key,
        int updates = 1)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor value = arena.New(w.Length, values), gradient = arena.New(w.Length, gradients);
        Tensor master = hasMaster ? arena.New(w.Length, DType.F32) : Tensor.None;
        Tensor mean = arena.New(w.Length, DType.F32), square = arena.New(w.Length, DType.F32);
        value.UploadDoubles(w);
        gradient.UploadDoubles(g);
        if (hasMaster)
        {
            master.UploadDoubles(value.ToDoubles());
        }

        for (int update = 0; update < updates; update++)
        {
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Tensor norm = Tensors.Ops.GradientNorm(gradient);
            step.Run(new AdamWOp(
                value, master, mean, square, gradient, norm, 0, w.Length,
                scalars with { Update = scalars.Update + update }, key with { Step = key.Step + (uint)update }));
        }

        return new State(value.ToDoubles(), hasMaster ? master.ToDoubles() : [], mean.ToDoubles(), square.ToDoubles());
    }

    private sealed record State(double[] Values, double[] Master, double[] FirstMoment, double[] SecondMoment);
}
