using GptSharp.Tensors.Memory;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Optimization;
using GptSharp.Training.Runs;
using GptSharp.Training.Tests.Runs;

namespace GptSharp.Training.Tests.Optimization;

public sealed class OptimizerSwitchTests
{
    [Fact]
    public void A_run_goes_on_with_another_optimizer_whose_moments_start_at_zero()
    {
        using var folder = new TemporaryFolder();
        RunConfig adamW = SmallRun.Config(folder);
        SmallRun.Run(adamW, interruptAfter: 6);
        RunConfig sgd = adamW with { Train = adamW.Train with { Optimizer = OptimizerKind.Sgd, LearningRate = 0.1 } };

        List<string> notices = [];
        using (var trainer = new Trainer(sgd, new RunRecord(null, new CancellationTokenSource()), resume: true, notices.Add))
        {
            // Weights are those that AdamW left; the velocity is nobody's.
            var before = new Dictionary<string, double[]>();
            foreach (Parameter parameter in trainer.Model.Arena.Parameters)
            {
                before.Add(parameter.Name, parameter.Value.ToDoubles());
            }

            TrainStepResult result = trainer.Step.Run(6, 6);
            foreach (Parameter parameter in trainer.Model.Arena.Parameters.Where(parameter => parameter.Value.Shape.Rank == 1))
            {
                // From rest, and without decay, the first move is the clipped gradient's.
                double scale = result.LearningRate * Math.Min(1, adamW.Train.GradientClip / (result.GradientNorm + 1e-6));
                double[] gradient = trainer.Model.Arena.Gradients![parameter].ToDoubles(), after = parameter.Value.ToDoubles();
                for (int i = 0; i < after.Length; i++)
                {
                    Assert.Equal(before[parameter.Name][i] - (scale * gradient[i]), after[i], 1e-6);
                }
            }
        }

        Assert.Contains(notices, notice => notice.StartsWith("train.optimizer was adamw and is now sgd", StringComparison.Ordinal));

        RunRecord rest = SmallRun.Run(sgd, resume: true);
        Assert.Equal(6, rest.Steps.Count);
        Assert.Equal(OptimizerKind.Sgd, CheckpointManifest.Load(new CheckpointStore(folder.At("run")).FolderOf(12)).Optimizer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_with_sgd_resumes_to_the_bit(bool nesterov)
    {
        using var folder = new TemporaryFolder();
        RunConfig Config(string name)
        {
            RunConfig config = SmallRun.Config(folder, name);
            return config with { Train = config.Train with { Optimizer = OptimizerKind.Sgd, Nesterov = nesterov, LearningRate = 0.1 } };
        }

        double[] whole = SmallRun.Run(Config("whole")).Losses;
        double[] first = SmallRun.Run(Config("run"), interruptAfter: 5).Losses;
        double[] rest = SmallRun.Run(Config("run"), resume: true).Losses;

        Assert.Equal(whole, first.Concat(rest).ToArray());
        Assert.True(whole[^1] < whole[0], "It learns.");
    }
}
