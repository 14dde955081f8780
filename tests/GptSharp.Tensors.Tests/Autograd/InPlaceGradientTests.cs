using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Autograd;

/// <summary>Where nobody needs the logits any more, their gradient takes their place; otherwise they stay as they were.</summary>
public sealed class InPlaceGradientTests
{
    private const int Rows = 40, Width = 6, Vocabulary = 90, Padded = 96;

    public static TheoryData<string, double> Cases
    {
        get
        {
            TheoryData<string, double> data = [];
            foreach (string backend in (string[])[.. TestBackends.Names, "reference"])
            {
                data.Add(backend, 0);
                data.Add(backend, 3);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_gradient_in_place_of_the_logits_has_the_same_bits(string backend, double cap)
    {
        Outcome apart = Run(backend, isWatched: true, cap), inPlace = Run(backend, isWatched: false, cap);

        Assert.Equal(apart.Gradients, inPlace.Gradients);

        // Nobody sees a gradient in a tensor of logits.
        Assert.Equal(apart.Before, apart.After);
        Assert.Null(inPlace.After);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_gradient_in_place_of_the_logits_takes_no_memory(double cap)
    {
        long apart = Run(TestBackends.Names[0], isWatched: true, cap).Peak, inPlace = Run(TestBackends.Names[0], isWatched: false, cap).Peak;

        Assert.InRange((apart - inPlace) / (double)(Padded * Rows * sizeof(float)), 1, 1.25);
    }

    [Fact]
    public void Logits_that_a_second_loss_reads_stay_until_it_has()
    {
        foreach (string backend in (string[])[.. TestBackends.Names, "reference"])
        {
            double[] Gradient(bool isWatched)
            {
                using Engine engine = TestBackends.NewEngine(backend);
                using Step step = engine.BeginStep();
                (Tensor x, Tensor weight, Tensor targets) = Inputs(step, engine);
                Tensor logits = Look(step, Tensors.Ops.Linear(x, weight), isWatched);
                Tensor first = Tensors.Ops.CrossEntropy(logits, targets, Vocabulary, Rows);
                Tensor second = Tensors.Ops.CrossEntropy(logits, targets, Vocabulary, 3, zLoss: 0.1);
                step.Backward(Tensors.Ops.Add(first, second));
                return [.. x.Gradient.ToDoubles(), .. weight.Gradient.ToDoubles()];
            }

            Assert.Equal(Gradient(isWatched: true), Gradient(isWatched: false));
        }
    }

    [Fact]
    public void Logits_whose_own_gradient_is_passed_on_or_computed_again_may_hold_it()
    {
        foreach (string backend in (string[])[.. TestBackends.Names, "reference"])
        {
            double[] Gradient(bool isWatched)
            {
                using Engine engine = TestBackends.NewEngine(backend);
                using Step step = engine.BeginStep();
                (Tensor x, Tensor weight, Tensor targets) = Inputs(step, engine);
                Tensor logits = step.Scope(
                    input =>
                    {
                        Tensor once = Tensors.Ops.Linear(input, weight);
                        return Tensors.Ops.Add(once, once);
                    },
                    x, recompute: true);
                logits = Look(step, logits, isWatched);
                Tensor loss = Tensors.Ops.CrossEntropy(logits, targets, Vocabulary, Rows);
                step.Backward(loss);
                return [.. x.Gradient.ToDoubles(), .. weight.Gradient.ToDoubles()];
            }

            Assert.Equal(Gradient(isWatched: true), Gradient(isWatched: false));
        }
    }

    private static Outcome Run(string backend, bool isWatched, double cap)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep();
        (Tensor x, Tensor weight, Tensor targets) = Inputs(step, engine);
        Tensor logits = Tensors.Ops.Linear(x, weight);                                  // (N, Vp)
        logits = Look(step, cap > 0 ? Tensors.Ops.SoftCap(logits, cap) : logits, isWatched);
        double[] before = logits.ToDoubles();
        step.Backward(Tensors.Ops.CrossEntropy(logits, targets, Vocabulary, Rows, zLoss: 0.01));
        return new Outcome(
            [.. x.Gradient.ToDoubles(), .. weight.Gradient.ToDoubles()], before, logits.IsAlive ? logits.ToDoubles() : null, step.PeakBytes);
    }

    // A watched tensor keeps its values and its gradient to the end.
    private static Tensor Look(Step step, Tensor logits, bool isWatched) => isWatched ? step.Watch(logits, "logits") : logits;

    private static (Tensor X, Tensor Weight, Tensor Targets) Inputs(Step step, Engine engine)
    {
        var random = new Random(5);
        DType type = engine.Backend.Supports(DType.F64) ? DType.F64 : DType.F32;
        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (4 * random.NextDouble()) - 2)];
        return (
            step.Input(Numbers(Rows * Width), (Rows, Width), type, type),
            step.Input(Numbers(Padded * Width), (Padded, Width), type, type),
            step.Input([.. Enumerable.Range(0, Rows).Select(i => i % 7 == 3 ? Tensors.Ops.IgnoredTarget : random.Next(Vocabulary))], Rows));
    }

    private sealed record Outcome(double[] Gradients, double[] Before, double[]? After, long Peak);
}
