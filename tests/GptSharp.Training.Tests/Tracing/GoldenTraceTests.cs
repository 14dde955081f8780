using GptSharp.TestKit;
using GptSharp.Training.Optimization;
using GptSharp.Training.Tracing;

namespace GptSharp.Training.Tests.Tracing;

/// <summary>The whole stack against PyTorch in float64: forward, loss, every gradient, and AdamW steps with clipping.</summary>
public sealed class GoldenTraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<(string Name, double Distance)> Compare(string name, string deviceName, int? threads)
    {
        var golden = new GoldenModel(Path.Combine(Golden.Folder, name));
        var optimizer = new AdamWOptions(golden.Beta1, golden.Beta2, golden.Epsilon, golden.WeightDecay, golden.Clip);
        using Device device = Devices.Open(deviceName, threads);
        string file = _folder.At("trace.safetensors");
        Trace.Run(golden.Folder, golden.TensorFile, device, new TraceSteps(golden.Steps, golden.LearningRate, optimizer)).Save(file);
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
    [InlineData("llama-tiny", 1)]
    [InlineData("llama-tiny", 2)]
    [InlineData("llama-tiny", 3)]
    public void The_cpu_reproduces_every_tensor_with_any_number_of_threads(string name, int threads) =>
        Assert.All(Compare(name, "cpu", threads), entry =>
        {
            bool isTrained = entry.Name.StartsWith("after.", StringComparison.Ordinal);
            Assert.True(entry.Distance <= (isTrained ? 1e-4 : 1e-5), $"{entry.Name}: {entry.Distance}");
        });

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
}
