using System.Globalization;
using System.Text.Json;

namespace GptSharp.GpuBench.Tests;

/// <summary>The program that is meant for a machine with a GPU, on the emulator.</summary>
public sealed class GpuBenchmarkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Everything_runs_on_the_emulator_and_the_file_has_it()
    {
        StringWriter said = new(CultureInfo.InvariantCulture);
        int code = GpuBenchmark.Run(BenchOptions.Parse(["--device", "emulator", "--small", "--out", _folder.At("gpu.json")]), said);

        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(_folder.At("gpu.json")));
        JsonElement results = file.RootElement;
        string[] failures = [.. results.GetProperty("failures").EnumerateArray().Select(failure => failure.GetString()!)];
        Assert.Empty(failures);
        Assert.Equal(0, code);

        JsonElement limits = results.GetProperty("limits");
        Assert.True(limits.GetProperty("bytes_per_second").GetDouble() > 0);
        Assert.True(limits.GetProperty("fp32_flops_per_second").GetDouble() > 0);
        Assert.True(limits.GetProperty("bf16_flops_per_second").GetDouble() > 0);
        Assert.True(results.GetProperty("conformance").GetProperty("passed").GetInt32() > 40);

        foreach (JsonElement model in results.GetProperty("models").EnumerateArray())
        {
            JsonElement[] operations = [.. model.GetProperty("operations").EnumerateArray()];
            Assert.NotEmpty(operations);
            Assert.All(operations, operation => Assert.NotEqual(0, operation.GetProperty("kernels").GetArrayLength()));
            Assert.All(operations, operation => Assert.True(operation.GetProperty("microseconds").GetDouble() > 0));
            Assert.All(operations, operation => Assert.True(operation.GetProperty("share_of_limit").GetDouble() > 0));
        }

        Assert.Empty(results.GetProperty("kernels_not_timed").EnumerateArray());
        JsonElement[] kernels = [.. results.GetProperty("kernels").EnumerateArray()];
        Assert.True(kernels.Length > 200);
        Assert.All(kernels, kernel => Assert.True(kernel.GetProperty("microseconds").GetDouble() > 0, kernel.ToString()));
        Assert.All(kernels, kernel => Assert.True(kernel.GetProperty("share_of_bandwidth").GetDouble() > 0, kernel.ToString()));
        Assert.All(
            kernels.Where(kernel => kernel.GetProperty("kernel").GetString()!.StartsWith("linear_1", StringComparison.Ordinal)),
            kernel => Assert.True(kernel.GetProperty("share_of_peak").GetDouble() > 0, kernel.ToString()));

        JsonElement training = results.GetProperty("training");
        Assert.True(training.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.True(training.GetProperty("mfu").GetDouble() > 0);
        Assert.InRange(training.GetProperty("first_loss").GetDouble(), Math.Log(500) - 0.3, Math.Log(500) + 0.3);
    }

    [Theory]
    [InlineData("--devise", "'--devise' is no option of this program.")]
    [InlineData("--device", "--device needs a value.")]
    [InlineData("--device cuda:x", "'cuda:x' is no device; the devices are cuda, cuda:N and emulator.")]
    public void A_wrong_command_line_is_refused_with_a_sentence(string line, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ArgumentException>(() => BenchOptions.Parse(line.Split(' '))).Message);

    [Fact]
    public void A_file_that_cannot_be_written_is_told_before_anything_runs()
    {
        StringWriter said = new(CultureInfo.InvariantCulture);

        Assert.ThrowsAny<IOException>(
            () => GpuBenchmark.Run(BenchOptions.Parse(["--device", "emulator", "--small", "--out", _folder.At("missing/gpu.json")]), said));
        Assert.Equal("", said.ToString());
    }

    public void Dispose() => _folder.Dispose();
}
