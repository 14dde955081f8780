using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.TestKit;
using GptSharp.Training.Optimization;
using GptSharp.Training.Tracing;

namespace GptSharp.Training.Tests.Tracing;

public sealed class TraceTests : IDisposable
{
    private static readonly string GoldenFolder = Path.Combine(Golden.Folder, "gpt2-tiny");
    private static readonly TraceSteps Steps = new(5, 1e-3, new AdamWOptions(0.9, 0.95, 1e-6, 0.1, 1));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string BatchFile(int[] shape, Func<int, long> token, Func<int, long>? target = null, bool narrow = false)
    {
        var writer = new SafetensorsWriter();
        Add("tokens", token);
        if (target is not null)
        {
            Add("targets", target);
        }

        string path = _folder.At("batch.safetensors");
        writer.Save(path);
        return path;

        void Add(string name, Func<int, long> value)
        {
            long[] values = [.. Enumerable.Range(0, shape.Aggregate((left, right) => left * right)).Select(value)];
            byte[] bytes = narrow ? [.. values.SelectMany(each => BitConverter.GetBytes((int)each))] : [.. values.SelectMany(BitConverter.GetBytes)];
            writer.Add(name, narrow ? SafetensorsType.I32 : SafetensorsType.I64, shape.Select(length => (long)length), stream => stream.Write(bytes));
        }
    }

    private SafetensorsFile Run(string model, string batch, string deviceName, TraceSteps? steps = null)
    {
        using Device device = Devices.Open(deviceName, threads: 2);
        string path = _folder.At($"{deviceName}.safetensors");
        Trace.Run(model, batch, device, steps).Save(path);
        return SafetensorsFile.Open(path);
    }

    private byte[] GoldenSteps(bool recompute, string deviceName)
    {
        using Device device = Devices.Open(deviceName, threads: 2);
        using Gpt model = ModelFolder.Load(GoldenFolder, device.Engine, device.Precision);
        model.Recompute = recompute ? Recompute.Block : Recompute.None;
        string path = _folder.At("recompute.safetensors");
        Trace.Run(model, TraceBatch.Read(Path.Combine(GoldenFolder, "golden.safetensors"), model.Config), Steps).Save(path);
        return File.ReadAllBytes(path);
    }

    // Everything at once that is no multiple of a vector: head size, channels, MLP, vocabulary, sequence.
    [Fact]
    public void Odd_sizes_give_on_cpu_what_they_give_on_the_reference()
    {
        GptConfig config = new() { VocabularySize = 67, BlockSize = 19, LayerCount = 2, HeadCount = 5, Width = 35, MlpWidth = 51, TieHead = false };
        using (Device device = Devices.Open("cpu"))
        {
            using var model = new Gpt(device.Engine, config);
            model.Initialize(seed: 11);
            ModelFolder.Save(_folder.At("odd"), model);
        }

        string batch = BatchFile([3, 17], i => (i * 29) % 67, i => (i * 31) % 67);
        using SafetensorsFile expected = Run(_folder.At("odd"), batch, "reference");
        using SafetensorsFile actual = Run(_folder.At("odd"), batch, "cpu");

        Assert.Equal(3 + (2 * 12) + 2 + 2, expected.Entries.Count);    // embeddings and head, two blocks, last norm, logits and loss
        Assert.Equal(expected.Entries.Select(entry => (entry.Name, entry.ShapeText)), actual.Entries.Select(entry => (entry.Name, entry.ShapeText)));
        Assert.All(expected.Entries, entry =>
        {
            (double[] left, double[] right) = (expected.ReadDoubles(entry.Name), actual.ReadDoubles(entry.Name));
            Assert.True(RelativeDistance.Between(left, right) <= 1e-5, $"{entry.Name}: {RelativeDistance.Between(left, right)}");
        });
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Recomputing_blocks_changes_no_bit(string device) => Assert.Equal(GoldenSteps(recompute: false, device), GoldenSteps(recompute: true, device));

    [Fact]
    public void Values_are_stored_as_wide_as_the_device_computes()
    {
        string batch = BatchFile([1, 4], i => i, i => i + 1);
        using SafetensorsFile wide = Run(GoldenFolder, batch, "reference");
        using SafetensorsFile narrow = Run(GoldenFolder, batch, "cpu");
        Assert.All(wide.Entries, entry => Assert.Equal(SafetensorsType.F64, entry.Type));
        Assert.All(narrow.Entries, entry => Assert.Equal(SafetensorsType.F32, entry.Type));
    }

    [Fact]
    public void Without_targets_there_are_only_logits()
    {
        using SafetensorsFile trace = Run(GoldenFolder, BatchFile([2, 7], i => i), "cpu");
        SafetensorsEntry logits = Assert.Single(trace.Entries);
        Assert.Equal(("logits", "(2, 7, 65)"), (logits.Name, logits.ShapeText));
    }

    [Fact]
    public void Tokens_of_32_and_of_64_bits_give_the_same()
    {
        using SafetensorsFile wide = Run(GoldenFolder, BatchFile([2, 7], i => i, i => i + 1), "reference");
        double[] loss = wide.ReadDoubles("loss");
        using SafetensorsFile narrow = Run(GoldenFolder, BatchFile([2, 7], i => i, i => i + 1, narrow: true), "reference");
        Assert.Equal(loss, narrow.ReadDoubles("loss"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-100)]
    public void The_loss_is_the_mean_over_targets_that_are_not_ignored(int ignored)
    {
        using SafetensorsFile trace = Run(GoldenFolder, BatchFile([1, 6], i => i, i => i is 1 or 4 ? 60 + i : ignored), "reference");
        double[] logits = trace.ReadDoubles("logits");

        double Loss(int position) =>
            Math.Log(logits.Skip(position * 65).Take(65).Sum(Math.Exp)) - logits[(position * 65) + 60 + position];

        Assert.Equal((Loss(1) + Loss(4)) / 2, trace.ReadDoubles("loss")[0], 1e-12);
    }

    [Fact]
    public void The_first_steps_of_a_longer_trace_are_the_shorter_trace()
    {
        string batch = Path.Combine(GoldenFolder, "golden.safetensors");
        using SafetensorsFile longer = Run(GoldenFolder, batch, "cpu", Steps);
        double[] losses = longer.ReadDoubles("losses");
        using SafetensorsFile shorter = Run(GoldenFolder, batch, "cpu", Steps with { Count = 2 });
        Assert.Equal(5, losses.Length);
        Assert.Equal(losses[..2], shorter.ReadDoubles("losses"));
    }

    [Fact]
    public void A_step_that_is_not_finite_ends_the_trace()
    {
        string batch = Path.Combine(GoldenFolder, "golden.safetensors");
        TrainingException error = Assert.Throws<TrainingException>(() => Run(GoldenFolder, batch, "reference", Steps with { LearningRate = 1e300 }));
        Assert.StartsWith("Step 2 of the trace has the loss ", error.Message, StringComparison.Ordinal);
    }
}
