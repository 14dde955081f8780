using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;
using GptSharp.Training.Optimization;
using GptSharp.Training.Tracing;

namespace GptSharp.Training.Tests.Tracing;

/// <summary>The whole stack against PyTorch in float64: forward, loss, every gradient, and AdamW steps with clipping.</summary>
public sealed class GoldenTraceTests : IDisposable
{
    private static readonly Lazy<double> LlamaNoise = new(() => MostThatNoiseBecomes((value, random) => value * (1 + (1e-6 * ((2 * random.NextDouble()) - 1)))));
    private static readonly Lazy<double> LlamaRounding = new(() => MostThatNoiseBecomes(NeighbouringFloat));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<(string Name, double Distance)> Compare(string name, string deviceName, int? threads)
    {
        var golden = new GoldenModel(Path.Combine(Golden.Folder, name));
        using Device device = Devices.Open(deviceName, threads);
        string file = _folder.At("trace.safetensors");
        Trace.Run(golden.Folder, golden.TensorFile, device, Steps(golden, golden.Steps)).Save(file);
        return golden.Compare(file);
    }

    // gpt2-d64 is stored as float32.
    [Theory]
    [InlineData("gpt2-tiny", 1e-9, 60)]
    [InlineData("gpt2-d64", 1e-6, 36)]
    [InlineData("llama-tiny", 1e-9, 46)]
    public void The_reference_reproduces_every_tensor(string name, double tolerance, int count)
    {
        var distances = Compare(name, "reference", threads: null);
        Assert.Equal(count, distances.Count);
        Assert.All(distances, entry => Assert.True(entry.Distance <= tolerance, $"{entry.Name}: {entry.Distance}"));
    }

    [Theory]
    [InlineData("gpt2-tiny", 1)]
    [InlineData("gpt2-tiny", 2)]
    [InlineData("gpt2-tiny", 3)]
    [InlineData("gpt2-d64", 1)]
    [InlineData("gpt2-d64", 2)]
    [InlineData("gpt2-d64", 3)]
    public void The_cpu_reproduces_every_tensor_with_any_number_of_threads(string name, int threads) =>
        Assert.All(Compare(name, "cpu", threads), entry =>
        {
            bool isTrained = entry.Name.StartsWith("after.", StringComparison.Ordinal);
            Assert.True(entry.Distance <= (isTrained ? 1e-4 : 1e-5), $"{entry.Name}: {entry.Distance}");
        });

    // Token 35 occurs for the first time in step 3, and one element of its gradient is then 9.7e-7: as small as AdamW's epsilon, where
    // an update magnifies whatever noise there is. So the weights after all steps are held to what the training itself makes of initial
    // weights that are off by 1e-6, which moves no gradient by more than the 1e-5 that float32 is allowed: see MostThatNoiseBecomes.
    // What comes before is held to the tolerances of the other models, here and in the test below.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_cpu_reproduces_every_tensor_of_a_Llama(int threads) =>
        Assert.All(Compare("llama-tiny", "cpu", threads), entry =>
        {
            bool isTrained = entry.Name.StartsWith("after.", StringComparison.Ordinal) || entry.Name is "grad_norms" or "losses";
            double tolerance = isTrained ? LlamaNoise.Value : 1e-5;
            Assert.True(entry.Distance <= tolerance, $"{entry.Name}: {entry.Distance}, allowed {tolerance}");
        });

    // No arithmetic in binary32 keeps the trained Llama within 1e-4, except by luck: for the reason given above, it is enough to begin with
    // weights that are neighbouring floats, and to compute everything else in float64, to end between 1e-4 and 1.7e-3 away (the weights
    // are rounded to floats after every step). The kernels, which are off by 1.7e-4, are held to what that makes, and the test below holds
    // them to 1e-4 where epsilon is above the noise.
    [Theory]
    [InlineData("gpt2-tiny")]
    [InlineData("gpt2-d64")]
    [InlineData("llama-tiny")]
    public void The_kernels_of_the_gpu_reproduce_every_tensor(string name) =>
        Assert.All(Compare(name, "emulator", threads: null), entry =>
        {
            bool isTrainedLlama = name == "llama-tiny" && (entry.Name.StartsWith("after.", StringComparison.Ordinal) || entry.Name == "losses");
            double tolerance = isTrainedLlama ? Math.Max(1e-4, LlamaRounding.Value) : 1e-4;
            Assert.True(entry.Distance <= tolerance, $"{entry.Name}: {entry.Distance}, allowed {tolerance}");
        });

    // 160, 72 and 72 tokens, of which the logits of 32 exist at a time; losses and trained weights are what comes of it.
    [Theory]
    [InlineData("gpt2-d64", "reference", 1e-6)]
    [InlineData("llama-tiny", "reference", 1e-9)]
    [InlineData("gpt2-tiny", "cpu", 1e-4)]
    [InlineData("gpt2-d64", "cpu", 1e-4)]
    [InlineData("gpt2-d64", "emulator", 1e-4)]
    public void Logits_in_pieces_reproduce_every_tensor(string name, string deviceName, double tolerance)
    {
        var golden = new GoldenModel(Path.Combine(Golden.Folder, name));
        using Device device = Devices.Open(deviceName);
        using Gpt model = ModelFolder.Load(golden.Folder, device.Engine, device.Precision);
        model.LossRows = 32;
        string file = _folder.At("trace.safetensors");
        Trace.Run(model, TraceBatch.Read(golden.TensorFile, model.Config), Steps(golden, golden.Steps)).Save(file);

        Assert.All(golden.Compare(file), entry => Assert.True(entry.Distance <= tolerance, $"{entry.Name}: {entry.Distance}"));
    }

    [Fact]
    public void The_cpu_trains_a_Llama_as_the_reference_does_until_a_gradient_is_as_small_as_epsilon()
    {
        var golden = new GoldenModel(Path.Combine(Golden.Folder, "llama-tiny"));
        AssertLikeReference(golden, "cpu", Steps(golden, 2), gradientTolerance: 1e-5);
    }

    /// <summary>All steps, but with ten times the epsilon: then no gradient is as small, and noise stays noise.</summary>
    [Theory]
    [InlineData("cpu")]
    [InlineData("emulator")]
    public void A_Llama_is_trained_as_the_reference_does_where_epsilon_is_above_the_noise(string deviceName)
    {
        var golden = new GoldenModel(Path.Combine(Golden.Folder, "llama-tiny"));
        TraceSteps steps = Steps(golden, golden.Steps);
        AssertLikeReference(golden, deviceName, steps with { Optimizer = steps.Optimizer with { Epsilon = 10 * golden.Epsilon } }, gradientTolerance: 1e-4);
    }

    private void AssertLikeReference(GoldenModel golden, string deviceName, TraceSteps steps, double gradientTolerance)
    {
        foreach (string name in (string[])["reference", deviceName])
        {
            using Device device = Devices.Open(name);
            Trace.Run(golden.Folder, golden.TensorFile, device, steps).Save(_folder.At(name));
        }

        using SafetensorsFile expected = SafetensorsFile.Open(_folder.At("reference"));
        using SafetensorsFile actual = SafetensorsFile.Open(_folder.At(deviceName));
        Assert.All(expected.Entries, entry =>
        {
            bool isTrained = entry.Name.StartsWith("after.", StringComparison.Ordinal);
            double distance = RelativeDistance.Between(expected.ReadDoubles(entry.Name), actual.ReadDoubles(entry.Name));
            Assert.True(distance <= (isTrained ? 1e-4 : gradientTolerance), $"{entry.Name}: {distance}");
        });
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        byte[] Bytes(int threads)
        {
            Compare("gpt2-d64", "cpu", threads);
            return File.ReadAllBytes(_folder.At("trace.safetensors"));
        }

        byte[] one = Bytes(1);
        Assert.Equal(one, Bytes(2));
        Assert.Equal(one, Bytes(3));
    }

    private static TraceSteps Steps(GoldenModel golden, int count) => new(
        count,
        golden.LearningRate,
        new AdamWOptions(golden.Beta1, golden.Beta2, golden.Epsilon, golden.WeightDecay, golden.Clip));

    private static double NeighbouringFloat(double value, Random random) => random.Next(3) switch
    {
        0 => float.BitDecrement((float)value),
        1 => float.BitIncrement((float)value),
        _ => value,
    };

    // In float64, so that nothing but the disturbance of the initial weights is at work.
    private static double MostThatNoiseBecomes(Func<double, Random, double> disturbed)
    {
        const double GradientTolerance = 1e-5;
        var golden = new GoldenModel(Path.Combine(Golden.Folder, "llama-tiny"));
        using var folder = new TemporaryFolder();
        double largest = 0;
        for (int seed = 1; seed <= 4; seed++)
        {
            using Device device = Devices.Open("reference");
            using Gpt model = ModelFolder.Load(golden.Folder, device.Engine, device.Precision);
            var random = new Random(seed);
            foreach (Parameter parameter in model.Arena.Parameters)
            {
                parameter.SetValues(Array.ConvertAll(parameter.Value.ToDoubles(), value => disturbed(value, random)));
            }

            string file = folder.At("trace.safetensors");
            Trace.Run(model, TraceBatch.Read(golden.TensorFile, model.Config), Steps(golden, golden.Steps)).Save(file);
            foreach ((string name, double distance) in golden.Compare(file))
            {
                largest = name.StartsWith("after.", StringComparison.Ordinal) ? Math.Max(largest, distance) : largest;
                Assert.True(distance <= GradientTolerance || !name.StartsWith("grad.", StringComparison.Ordinal), $"{name}: {distance}");
            }
        }

        return largest;
    }
}
