using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>A sequence of launches that came before is replayed as a graph; what moves from step to step must move all the same.</summary>
public sealed class GraphReplayTests
{
    private const int Count = 300;

    [Fact]
    public void Replayed_steps_with_moving_input_mask_and_learning_rate_equal_eager_ones_to_the_bit()
    {
        (double[][] eager, DriverCounts each) = Train(graphs: false, steps: 5, moving: 5);
        (double[][] replayed, DriverCounts counts) = Train(graphs: true, steps: 5, moving: 5);

        Assert.Equal(eager, replayed);
        Assert.Equal(0, each.GraphLaunches);
        Assert.Equal(4, counts.GraphLaunches); // every step but the first, which nobody had seen
        Assert.True(counts.Launches < each.Launches);
    }

    /// <summary>What the loss is divided by moves with the number of targets that a batch has: masked batches are replayed too.</summary>
    [Fact]
    public void Replayed_losses_of_a_moving_number_of_targets_equal_eager_ones_to_the_bit()
    {
        (double[][] eager, DriverCounts each) = Losses(graphs: false);
        (double[][] replayed, DriverCounts counts) = Losses(graphs: true);

        Assert.Equal(eager, replayed);
        Assert.Equal(0, each.GraphLaunches);
        Assert.Equal(eager.Length - 1, counts.GraphLaunches);
    }

    [Fact]
    public void Steps_that_differ_are_not_taken_for_one_another()
    {
        // The scale is a parameter of the launch, not a part of the state.
        (double[][] eager, _) = Train(graphs: false, steps: 6, moving: 2);
        (double[][] replayed, DriverCounts counts) = Train(graphs: true, steps: 6, moving: 2);

        Assert.Equal(eager, replayed);
        Assert.Equal(4, counts.GraphLaunches);
    }

    [Fact]
    public void Sequences_without_end_do_not_pile_up()
    {
        (double[][] eager, _) = Train(graphs: false, steps: 80, moving: 40);
        (double[][] replayed, DriverCounts counts) = Train(graphs: true, steps: 80, moving: 40);

        Assert.Equal(eager, replayed);
        Assert.Equal(0, counts.GraphLaunches); // forgotten before they come again
    }

    [Fact]
    public void More_states_than_there_is_room_for_are_still_the_right_ones()
    {
        double[] Masks(bool graphs)
        {
            using Engine engine = NewEngine(graphs);
            using SessionArena arena = engine.NewSessionArena("test");
            Tensor sum = arena.New((1, Count), DType.F32);
            sum.UploadDoubles(new double[Count]);
            for (uint index = 0; index < 600; index++)
            {
                using Step step = engine.BeginStep(StepOptions.Train(seed: 7, index, 0) with { RecordGradients = false });
                step.Run(new DropoutOp(sum, sum, 0.1, new RandomKey(7, index, 0, 3), Beta: 1));
                step.Run(new FillOp(step.New(1, DType.F32), 1));
                if (index % 20 == 19)
                {
                    step.Run(new AddOp(sum, sum, Ones(step)));
                }
            }

            return sum.ToDoubles();
        }

        Assert.Equal(Masks(graphs: false), Masks(graphs: true));
    }

    private static Tensor Ones(Step step)
    {
        Tensor ones = step.New((1, Count), DType.F32);
        step.Run(new FillOp(ones, 1));
        return ones;
    }

    private static Engine NewEngine(bool graphs) => new(new CudaBackend(
        new EmulatorDriver(new EmulatorOptions { Checks = Checks.None, Workers = 1 }), TestBackends.Emulator, new CudaOptions { Graphs = graphs }));

    // Two micro-batches a step, whose logits pass through dropout and of whose targets other ones are scored in every step.
    private static (double[][] Values, DriverCounts Counts) Losses(bool graphs)
    {
        const int steps = 5, rows = 16, vocabulary = 12;
        using Engine engine = NewEngine(graphs);
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor x = arena.New((rows, vocabulary), DType.F32);
        x.UploadDoubles(OpInput.Normal((rows, vocabulary), 3).ToDoubles());
        var values = new double[steps][];
        for (int index = 0; index < steps; index++)
        {
            int[] targets = [.. Enumerable.Range(0, rows).Select(row => row % (index + 2) == 1 ? Tensors.Ops.IgnoredTarget : (row + index) % vocabulary)];
            int scored = targets.Count(target => target >= 0);
            using Step step = engine.BeginStep(StepOptions.Train(seed: 7, (uint)index, 0) with { RecordGradients = false });
            Tensor target = step.Input(targets, rows), one = step.New(1, DType.F32);
            step.Run(new FillOp(one, 1));
            Tensor dLogits = step.New((rows, vocabulary), DType.F32);
            List<Tensor> losses = [];
            for (uint micro = 0; micro < 2; micro++)
            {
                Tensor logits = step.New((rows, vocabulary), DType.F32), lse = step.New(rows, DType.F32);
                Tensor loss = step.New(1, DType.F32), rowLoss = step.New(rows, DType.F32);
                step.Run(new DropoutOp(logits, x, 0.2, new RandomKey(7, (uint)index, micro, 3), Beta: 0));
                step.Run(new CrossEntropyOp(loss, rowLoss, lse, logits, target, vocabulary, 1.0 / scored, 0));
                step.Run(new CrossEntropyBackwardOp(dLogits, one, logits, target, lse, vocabulary, 1.0 / scored, 0, micro));
                losses.Add(loss);
            }

            values[index] = [.. losses.SelectMany(loss => loss.ToDoubles()), .. dLogits.ToDoubles()];
        }

        return (values, ((CudaBackend)engine.Backend).Driver.Counts);
    }

    // A value is drawn towards its masked input; what is different in each of "moving" kinds of steps is a constant.
    private static (double[][] Values, DriverCounts Counts) Train(bool graphs, int steps, int moving)
    {
        using Engine engine = NewEngine(graphs);
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor[] state = [.. Enumerable.Range(0, 3).Select(_ => arena.New((1, Count), DType.F32))];
        foreach (Tensor tensor in state)
        {
            tensor.UploadDoubles(OpInput.Normal((1, Count), 3, deviation: 0.1, mean: 1).ToDoubles());
        }

        var values = new double[steps][];
        for (int index = 0; index < steps; index++)
        {
            using Step step = engine.BeginStep(StepOptions.Train(seed: 7, (uint)index, (uint)(5 * index)));
            Tensor x = step.Input(OpInput.Normal((1, Count), 100 + index).ToDoubles(), (1, Count), DType.F32);
            Tensor masked = Tensors.Ops.Dropout(x, 0.3, site: 2);
            Tensor scaled = Tensors.Ops.Scale(masked, moving == steps ? 2 : 1 + (index % moving));
            Tensor gradient = Tensors.Ops.Add(scaled, Tensors.Ops.Scale(state[0], -1));
            Tensor norm = Tensors.Ops.GradientNorm(gradient);
            var scalars = new AdamWScalars(0.1 / (1 + index), 0.9, 0.95, 1e-8, 0.1, index + 1, Clip: 3);
            step.Run(new AdamWOp(state[0], Tensor.None, state[1], state[2], gradient, norm, 0, Count, scalars));
            values[index] = state[0].ToDoubles();
        }

        return (values, engine.Backend is CudaBackend cuda ? cuda.Driver.Counts : default);
    }
}
