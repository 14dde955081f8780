using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.TestKit;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Tracing;

namespace GptSharp.Training.Tests.Runs;

public sealed class PrecisionTests
{
    private const TrainingPrecision Mixed = TrainingPrecision.Bf16, Pure = TrainingPrecision.Bf16Pure;

    [Theory]
    [InlineData(Mixed)]
    [InlineData(Pure)]
    public void A_run_in_BF16_learns_and_goes_on_to_the_same_bits_on_any_number_of_threads(TrainingPrecision precision)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = Config(folder, "whole", precision);
        RunRecord whole = SmallRun.Run(config);
        RunConfig again = config with { Train = config.Train with { Name = "again", Threads = 3 } };
        RunRecord first = SmallRun.Run(again, interruptAfter: 5);
        RunRecord second = SmallRun.Run(again, resume: true);

        Assert.True(whole.Losses[^1] < whole.Losses[0] - 0.3, "it learns");
        Assert.Equal(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.Equal(whole.Evaluations, first.Evaluations.Concat(second.Evaluations));
        Assert.Equal(File.ReadAllBytes(ModelFile(folder, "whole")), File.ReadAllBytes(ModelFile(folder, "again")));
    }

    [Theory]
    [InlineData(TrainingPrecision.Fp32, SafetensorsType.F32)]
    [InlineData(Mixed, SafetensorsType.F32)] // the master weights
    [InlineData(Pure, SafetensorsType.BF16)]
    public void A_checkpoint_holds_the_most_precise_weights_that_there_are(TrainingPrecision precision, SafetensorsType type)
    {
        using var folder = new TemporaryFolder();
        SmallRun.Run(Config(folder, "run", precision));
        using SafetensorsFile file = SafetensorsFile.Open(ModelFile(folder, "run"));
        Assert.All(file.Entries, entry => Assert.Equal(type, entry.Type));

        using Device device = Devices.Open("cpu");
        using TrainedModel trained = TrainedModel.Open(folder.At("run"), device, Assert.Fail);
        Assert.All(trained.Model.Arena.Parameters, parameter => Assert.Equal(DType.F32, parameter.Value.DType));
    }

    [Fact]
    public void The_same_seed_starts_every_precision_from_the_same_weights()
    {
        using Device device = Devices.Open("cpu");
        GptConfig config = new ModelSection { LayerCount = 1, HeadCount = 2, Width = 16, BlockSize = 8 }.ToGptConfig(31);
        using Gpt singles = New(Precision.Fp32), mixed = New(Precision.Bf16), pure = New(Precision.Bf16Pure);
        for (int i = 0; i < singles.Arena.Parameters.Count; i++)
        {
            double[] exact = singles.Arena.Parameters[i].Value.ToDoubles();
            double[] rounded = Array.ConvertAll(exact, value => (double)(float)(BF16)value);
            Assert.Equal(exact, mixed.Arena.Parameters[i].MasterWeights.ToDoubles());
            Assert.Equal(rounded, mixed.Arena.Parameters[i].Value.ToDoubles());
            Assert.Equal(rounded, pure.Arena.Parameters[i].Value.ToDoubles());
        }

        Gpt New(Precision precision)
        {
            var model = new Gpt(device.Engine, config, precision);
            model.Initialize(seed: 3);
            return model;
        }
    }

    public static TheoryData<string, string> GoldenModelsOnDevices =>
        new(from model in (string[])["gpt2-tiny", "gpt2-d64", "llama-tiny"] from device in (string[])["cpu", "emulator"] select (model, device));

    /// <remarks>
    /// The loss itself is one number, in which the errors of single tokens cancel as luck has it: in a plain evaluation of gpt2-tiny to a
    /// hundredth of their size, so that twice its error says nothing. What is held to twice the plain error is the losses of all tokens; of
    /// their mean it is asked that rounding has no bias: errors of random signs average to their root mean square over the root of their number.
    /// </remarks>
    [Theory]
    [MemberData(nameof(GoldenModelsOnDevices))]
    public void Whole_models_in_BF16_stay_within_twice_the_error_of_a_plain_evaluation(string name, string device)
    {
        Evaluation plain = Evaluate(name, "reference"), actual = Evaluate(name, device);

        Assert.Contains("logits", actual.Distances.Keys);
        Assert.Contains("token losses", actual.Distances.Keys);
        Assert.All(actual.Distances, entry => Assert.True(
            entry.Value <= 2 * plain.Distances[entry.Key], $"{entry.Key}: {entry.Value}, plain {plain.Distances[entry.Key]}"));

        // The operation adds no error of BF16: its loss is that of the very logits that it was given, in binary32.
        Assert.Equal(actual.TokenLosses.Average(), actual.Loss, 1e-6 * actual.Loss);
        double[] errors = [.. plain.TokenLosses.Zip(plain.ExactTokenLosses, (rounded, exact) => rounded - exact)];
        double deviation = Math.Sqrt(errors.Sum(error => error * error)) / errors.Length;
        Assert.Equal(actual.ExactTokenLosses.Average(), actual.Loss, 5 * deviation);
    }

    private static Evaluation Evaluate(string model, string deviceName)
    {
        using var folder = new TemporaryFolder();
        var golden = new GoldenModel(Path.Combine(Golden.Folder, model));
        using Device device = Devices.Open(deviceName, threads: 2);
        string file = folder.At($"{deviceName}.safetensors");
        var trace = Trace.Run(golden.Folder, golden.TensorFile, device, steps: null, Mixed);
        trace.Save(file);
        Dictionary<string, double> distances = golden.Compare(file)
            .Where(entry => double.IsFinite(entry.Distance) && entry.Name != "loss").ToDictionary(entry => entry.Name, entry => entry.Distance);
        double[] exact = TokenLosses(golden.TensorFile, golden.TensorFile), actual = TokenLosses(file, golden.TensorFile);
        distances.Add("token losses", RelativeDistance.Between(exact, actual));
        return new Evaluation(distances, trace.Loss!.Value, actual, exact);
    }

    // ln(sum of exp(z)) - z of the target, in float64.
    private static double[] TokenLosses(string logitsFile, string targetsFile)
    {
        using SafetensorsFile logitsOf = SafetensorsFile.Open(logitsFile), targetsOf = SafetensorsFile.Open(targetsFile);
        double[] logits = logitsOf.ReadDoubles("logits");
        long[] targets = targetsOf.ReadIntegers("targets");
        int vocabulary = logits.Length / targets.Length;
        return
        [
            .. from row in Enumerable.Range(0, targets.Length)
               where targets[row] >= 0
               let z = logits[(row * vocabulary)..((row + 1) * vocabulary)]
               let largest = z.Max()
               select largest + Math.Log(z.Sum(value => Math.Exp(value - largest))) - z[targets[row]],
        ];
    }

    /// <summary>What a model gave in BF16.</summary>
    /// <param name="Distances">Relative L2 distance of every tensor from the golden one.</param>
    /// <param name="Loss">The loss.</param>
    /// <param name="TokenLosses">What each token contributes to it, by the logits.</param>
    /// <param name="ExactTokenLosses">The same by the golden logits.</param>
    private sealed record Evaluation(Dictionary<string, double> Distances, double Loss, double[] TokenLosses, double[] ExactTokenLosses);

    private static RunConfig Config(TemporaryFolder folder, string name, TrainingPrecision precision)
    {
        RunConfig config = SmallRun.Config(folder, name);
        return config with { Train = config.Train with { Precision = precision } };
    }

    private static string ModelFile(TemporaryFolder folder, string run) =>
        Path.Combine(new CheckpointStore(folder.At(run)).FolderOf(12), Checkpoint.ModelFile);
}
