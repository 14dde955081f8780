using GptSharp.Cuda;
using GptSharp.Tensors;

namespace GptSharp.Training.Tests.Cuda;

/// <summary>What a training step asks of the driver, and that steps replayed as graphs are the steps themselves.</summary>
public sealed class GraphTrainingTests
{
    [Theory]
    [InlineData("fp32")]
    [InlineData("bf16")]
    [InlineData("bf16-pure")]
    public void Five_steps_replayed_from_graphs_equal_eager_ones_to_the_bit(string name)
    {
        Precision precision = name switch { "fp32" => Precision.Fp32, "bf16" => Precision.Bf16, _ => Precision.Bf16Pure };
        using var eager = new TinyTraining(graphs: false, precision, microBatch: 2);
        using var replayed = new TinyTraining(graphs: true, precision, microBatch: 2);

        for (long index = 0; index < 5; index++)
        {
            Assert.Equal(eager.Step(index), replayed.Step(index)); // loss, gradient norm and learning rate
        }

        Assert.Equal(eager.Weights(), replayed.Weights());
        Assert.Equal(0, eager.Driver.Counts.GraphLaunches);

        // Each of the two micro-batches is one sequence of launches, which the first step sees for the first time. They are the same in every
        // later step, because the first operation of the backward pass that takes scratch memory, LayerNorm with 12 partial rows, takes the
        // most here: none makes it move in between. Norm and update are too short for a graph.
        Assert.Equal(2 * 4, replayed.Driver.Counts.GraphLaunches);
    }

    [Fact]
    public void A_step_copies_the_batch_in_and_loss_and_norm_out_and_nothing_else()
    {
        using var training = new TinyTraining(graphs: true, Precision.Bf16, microBatch: 4);
        training.Step(0);
        DriverCounts before = training.Driver.Counts;

        training.Step(1);

        DriverCounts after = training.Driver.Counts;
        Assert.Equal((2, TinyTraining.BatchBytes), (after.CopiesToDevice - before.CopiesToDevice, after.BytesToDevice - before.BytesToDevice));
        Assert.Equal((2, 2 * sizeof(float)), (after.CopiesToHost - before.CopiesToHost, after.BytesToHost - before.BytesToHost));
        Assert.Equal(before.Allocations, after.Allocations);
    }
}
