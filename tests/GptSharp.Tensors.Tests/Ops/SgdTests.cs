using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>Stochastic gradient descent in every storage: float values, BF16 values with float master weights, BF16 values alone.</summary>
public sealed class SgdTests
{
    private const int Count = 20_011;

    private static readonly SgdScalars Scalars = new(LearningRate: 0.05, Momentum: 0.9, Nesterov: false, WeightDecay: 0.01, Clip: 1.5);

    private static readonly (DType Values, bool HasMaster, DType Gradients)[] AllSignatures =
    [
        (DType.F32, false, DType.F32), (DType.F32, true, DType.F32), (DType.BF16, true, DType.F32),
        (DType.BF16, true, DType.BF16), (DType.BF16, false, DType.F32), (DType.BF16, false, DType.BF16),
    ];

    public static TheoryData<string, DType, bool, DType, bool> Signatures => new(
        from backend in TestBackends.Names
        from signature in AllSignatures
        from nesterov in (bool[])[false, true]
        select (backend, signature.Values, signature.HasMaster, signature.Gradients, nesterov));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reference_follows_the_formula(bool nesterov)
    {
        double[] w = OpInput.Normal(37, 1).ToDoubles(), velocity = new double[37];
        SgdScalars scalars = Scalars with { Nesterov = nesterov, Clip = 0.5 };
        double[] g = OpInput.Normal(37, 2).ToDoubles();
        State actual = Update("reference", DType.F64, false, DType.F64, w, g, scalars, updates: 3);

        double norm = Math.Sqrt(g.Sum(x => x * x));
        for (int update = 0; update < 3; update++)
        {
            for (int i = 0; i < w.Length; i++)
            {
                double gradient = (g[i] * 0.5 / (norm + 1e-6)) + (0.01 * w[i]);
                velocity[i] = (0.9 * velocity[i]) + gradient;
                w[i] -= 0.05 * (nesterov ? gradient + (0.9 * velocity[i]) : velocity[i]);
            }
        }

        Assert.InRange(RelativeDistance.Between(w, actual.Values), 0, 1e-14);
        Assert.InRange(RelativeDistance.Between(velocity, actual.Velocity), 0, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Signatures))]
    public void An_update_is_References_in_every_signature(string backend, DType values, bool hasMaster, DType gradients, bool nesterov)
    {
        double[] w = OpInput.Normal(Count, 1).ToDoubles(), g = OpInput.Normal(Count, 2).ToDoubles();
        SgdScalars scalars = Scalars with { Nesterov = nesterov };

        State expected = Update("reference", values, hasMaster, gradients, w, g, scalars, updates: 1);
        State actual = Update(backend, values, hasMaster, gradients, w, g, scalars, updates: 1);

        Assert.InRange(RelativeDistance.Between(expected.Master, actual.Master), 0, 1e-6);
        Assert.InRange(RelativeDistance.Between(expected.Velocity, actual.Velocity), 0, 1e-6);
        if (values == DType.F32)
        {
            Assert.InRange(RelativeDistance.Between(expected.Values, actual.Values), 0, 1e-6);
        }
        else
        {
            // A last bit of the float before rounding decides one element in thousands.
            Assert.InRange(Enumerable.Range(0, Count).Count(i => expected.Values[i] != actual.Values[i]), 0, 20);
        }
    }

    [Fact]
    public void Elements_outside_the_values_are_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor values = arena.New(5, DType.F32), velocity = arena.New(5, DType.F32), gradients = arena.New(5, DType.F32);
        using Step step = engine.BeginStep(StepOptions.Evaluate);

        TensorException error = Assert.Throws<TensorException>(
            () => step.Run(new SgdOp(values, Tensor.None, velocity, gradients, Tensor.None, First: 3, Count: 3, Scalars)));

        Assert.StartsWith("sgd: elements 3 ... 5 must lie in values (5)", error.Message, StringComparison.Ordinal);
    }

    private static State Update(
        string backend, DType values, bool hasMaster, DType gradients, double[] w, double[] g, SgdScalars scalars, int updates)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        using SessionArena arena = engine.NewSessionArena("test");
        DType statistics = values == DType.F64 ? DType.F64 : DType.F32;
        Tensor value = arena.New(w.Length, values), gradient = arena.New(w.Length, gradients), velocity = arena.New(w.Length, statistics);
        Tensor master = hasMaster ? arena.New(w.Length, DType.F32) : Tensor.None;
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
            step.Run(new SgdOp(value, master, velocity, gradient, norm, 0, w.Length, scalars, new RandomKey(1, (uint)update, 3, 4)));
        }

        return new State(value.ToDoubles(), hasMaster ? master.ToDoubles() : [], velocity.ToDoubles());
    }

    private sealed record State(double[] Values, double[] Master, double[] Velocity);
}
