using GptSharp.OpCases;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class LinearCrossEntropyTests : OpConformanceTests<LinearCrossEntropyCases>
{
    private const int Rows = 75, Width = 20, Vocabulary = 90, Padded = 96;
    private const double ZLoss = 0.01;

    public static TheoryData<string, string, double> Backends => new(
        from backend in (string[])[.. TestBackends.Names, "reference"]
        from precision in TestPrecisions.Names
        from cap in (double[])[0, 3]
        select (backend, precision, cap));

    [Theory]
    [MemberData(nameof(Backends))]
    public void Gradients_at_once_have_the_bits_of_those_in_backward(string backend, string precision, double cap)
    {
        Outcome later = Run(backend, precision, cap, startsAtLoss: false, Pieces), atOnce = Run(backend, precision, cap, startsAtLoss: true, Pieces);

        Assert.Equal(later.Loss, atOnce.Loss);
        Assert.Equal(later.Dx, atOnce.Dx);
        Assert.Equal(later.DWeight, atOnce.DWeight);
        Assert.True(later.IsComputedAgain);
        Assert.False(atOnce.IsComputedAgain);
    }

    // On a GPU the tile of a product depends on its rows, and with it the order of additions.
    [Theory]
    [MemberData(nameof(Backends))]
    public void Pieces_change_no_bit_of_the_loss_or_of_the_gradient_of_x(string backend, string precision, double cap)
    {
        Outcome whole = Run(backend, precision, cap, startsAtLoss: true, Whole), pieces = Run(backend, precision, cap, startsAtLoss: true, Pieces);
        if (backend != TestBackends.Emulator)
        {
            Assert.Equal(whole.Loss, pieces.Loss);
            Assert.Equal(whole.Dx, pieces.Dx);
        }

        Outcome exact = Run("reference", "fp64", cap, startsAtLoss: true, Whole);
        double noise = precision == "fp32" ? 1e-6 : 0.02;
        Assert.InRange(RelativeDistance.Between(exact.DWeight, pieces.DWeight), 0, noise);
        Assert.InRange(RelativeDistance.Between(exact.Dx, pieces.Dx), 0, noise);
        Assert.Equal(exact.Loss, pieces.Loss, noise * exact.Loss);
    }

    [Fact]
    public void A_piece_of_the_logits_is_all_that_exists_of_them()
    {
        string backend = TestBackends.Names[0];
        foreach (double cap in (double[])[0, 3])
        {
            int copies = cap > 0 ? 2 : 1;
            long whole = Run(backend, "fp32", cap, startsAtLoss: true, Whole).Peak;
            long later = Run(backend, "fp32", cap, startsAtLoss: false, Pieces).Peak, atOnce = Run(backend, "fp32", cap, startsAtLoss: true, Pieces).Peak;

            // The gradients are there beside a piece, but not beside the whole logits and the capped ones.
            const int Spared = (Rows - 32) * Padded * sizeof(float), Gradients = (Rows + Padded) * Width * sizeof(float);
            Assert.InRange(whole - atOnce, (copies * Spared) - Gradients - 2048, copies * Spared);
            Assert.InRange(whole - later, (copies * Spared) - Gradients - 2048, copies * Spared);
        }
    }

    [Fact]
    public void A_step_that_records_nothing_computes_the_loss_alone()
    {
        foreach (string backend in (string[])[.. TestBackends.Names, "reference"])
        {
            using Engine engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            (Tensor x, Tensor weight, Tensor targets) = Enter(step, backend == "reference" ? Precision.Fp64 : Precision.Fp32);
            var seen = new OperationsSeen();
            engine.Observer = seen;

            Tensor loss = Pieces(x, weight, targets, 0);

            Assert.DoesNotContain(seen.Calls, name => name.Contains("backward", StringComparison.Ordinal));
            Assert.Equal(Run(backend, backend == "reference" ? "fp64" : "fp32", 0, startsAtLoss: true, Pieces).Loss, loss.Item());
        }
    }

    [Fact]
    public void A_backward_pass_that_does_not_start_where_it_was_promised_to_is_refused()
    {
        foreach (Func<Tensor, Tensor> after in (Func<Tensor, Tensor>[])[loss => Tensors.Ops.Scale(loss, 2), loss => Tensors.Ops.Add(loss, loss)])
        {
            using Engine engine = TestBackends.NewEngine();
            using Step step = engine.BeginStep(StepOptions.Train(1, 0, 0));
            (Tensor x, Tensor weight, Tensor targets) = Enter(step, Precision.Fp32);
            Tensor loss = after(Pieces(x, weight, targets, 0));

            TensorException error = Assert.Throws<TensorException>(() => step.Backward(loss));

            Assert.StartsWith("linear cross-entropy: the step promised that backward starts at this loss", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_refused()
    {
        foreach (string backend in (string[])[.. TestBackends.Names, "reference"])
        {
            using Engine engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep();
            Tensor targets = step.Input([.. Enumerable.Range(0, 40).Select(i => i == 35 ? 50 : 0)], 40);

            TensorException error = Assert.Throws<TensorException>(() => Tensors.Ops.LinearCrossEntropy(
                step.Input(new float[80], (40, 2)), step.Input(new float[128], (64, 2)), targets, 50, 40, 32).Item());

            // The fourth of the second piece, but it is counted in the batch.
            Assert.Equal("cross-entropy: index 50 at place 35 of (40) is outside 0 ... 49.", error.Message);
        }
    }

    [Theory]
    [InlineData(39, 50, 32)]
    [InlineData(40, 65, 32)]
    [InlineData(40, 0, 32)]
    [InlineData(40, 50, 0)]
    public void Shapes_that_do_not_fit_are_refused(int targets, int vocabulary, int rowsAtOnce)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();

        TensorException error = Assert.Throws<TensorException>(() => Tensors.Ops.LinearCrossEntropy(
            step.Input(new float[80], (40, 2)), step.Input(new float[128], (64, 2)), step.Input(new int[targets], targets), vocabulary, 40, rowsAtOnce));

        Assert.Equal(
            $"linear cross-entropy: logits (40, 64), {rowsAtOnce} rows at once, need 40 targets, a vocabulary of at most 64 and a row, "
            + $"not ({targets}) and {vocabulary}.", error.Message);
    }

    private static Tensor Pieces(Tensor x, Tensor weight, Tensor targets, double cap) =>
        Tensors.Ops.LinearCrossEntropy(x, weight, targets, Vocabulary, Rows, rowsAtOnce: 32, cap, ZLoss);

    private static Tensor Whole(Tensor x, Tensor weight, Tensor targets, double cap)
    {
        Tensor logits = Tensors.Ops.Linear(x, weight);
        return Tensors.Ops.CrossEntropy(cap > 0 ? Tensors.Ops.SoftCap(logits, cap) : logits, targets, Vocabulary, Rows, ZLoss);
    }

    private static Outcome Run(string backend, string precision, double cap, bool startsAtLoss, Func<Tensor, Tensor, Tensor, double, Tensor> lossOf)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        var seen = new OperationsSeen();
        engine.Observer = seen;
        using Step step = engine.BeginStep(new StepOptions { RecordGradients = true, StartsAtLoss = startsAtLoss });
        (Tensor x, Tensor weight, Tensor targets) = Enter(step, precision == "fp64" ? Precision.Fp64 : TestPrecisions.Find(precision));
        Tensor loss = lossOf(x, weight, targets, cap);
        step.Backward(loss);
        return new Outcome(loss.Item(), x.Gradient.ToDoubles(), weight.Gradient.ToDoubles(), step.PeakBytes, seen.IsComputedAgain);
    }

    private static (Tensor X, Tensor Weight, Tensor Targets) Enter(Step step, Precision precision) => (
        Normal((Rows, Width), 1).Enter(step, precision),
        Normal((Padded, Width), 2).AsParameter().Enter(step, precision),
        LinearCrossEntropyCases.Ignored(Rows, Vocabulary).Enter(step, precision));

    private sealed record Outcome(double Loss, double[] Dx, double[] DWeight, long Peak, bool IsComputedAgain);

    private sealed class OperationsSeen : IOpObserver
    {
        public List<string> Calls { get; } = [];

        public bool IsComputedAgain { get; private set; }

        public void OnStarting(OpInfo info, in TensorList operands) => Calls.Add(info.Name);

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay) => IsComputedAgain |= isReplay;
    }
}
