using System.Text.Json;
using GptSharp.Tensors.Backends.Cpu;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class BenchCommandTests
{
    [Theory]
    [InlineData("fp32", 1e-5)]
    [InlineData("bf16", 1e-3)]
    public void A_step_moves_every_parameter_and_its_loss_is_Reference_s(string precision, double tolerance)
    {
        JsonElement json = Json("bench", "step", "W2", "--seconds", "0.01", "--verify", "--precision", precision);

        JsonElement check = json.GetProperty("checks")[0];
        double reference = check.GetProperty("reference_loss").GetDouble();
        Assert.InRange(check.GetProperty("loss").GetDouble(), reference * (1 - tolerance), reference * (1 + tolerance));
        long parameters = check.GetProperty("parameters").GetInt64();
        Assert.Equal(parameters, check.GetProperty("changed_parameters").GetInt64());
        Assert.InRange(check.GetProperty("changed_by_first_step").GetInt64(), parameters - 10, parameters);
        Assert.Equal(809_856, parameters);
        string peak = precision == "bf16" && CpuFeatures.IsAvailable(SimdPath.Avx512BF16) ? "bf16" : "fp32";
        Assert.Equal($"{peak} peak + update stream", json.GetProperty("rows")[0].GetProperty("limit").GetString());
    }

    [Fact]
    public void Steps_take_next_to_no_managed_memory_and_nothing_native()
    {
        JsonElement memory = Json("bench", "step", "W2", "--threads", "2", "--memory", "20:40").GetProperty("memory");

        Assert.InRange(memory.GetProperty("managed_bytes_per_step").GetDouble(), 0, 64 << 10);
        Assert.Equal(0, memory.GetProperty("native_bytes_per_step").GetDouble());
        Assert.InRange(memory.GetProperty("peak_growth_bytes").GetInt64(), 0, 8_000_000);

        // Value, gradient and two moments of every parameter are a part of it.
        Assert.InRange(memory.GetProperty("peak_bytes").GetInt64(), 809_856 * 16, 1L << 30);
    }

    [Fact]
    public void One_thread_stands_beside_all()
    {
        JsonElement scaling = Json("bench", "step", "W2", "--threads", "2", "--seconds", "0.01", "--scaling").GetProperty("scaling")[0];

        Assert.Equal(2, scaling.GetProperty("threads").GetInt32());
        Assert.Equal(
            scaling.GetProperty("one_thread_milliseconds").GetDouble() / scaling.GetProperty("milliseconds").GetDouble(),
            scaling.GetProperty("speedup").GetDouble());
    }

    [Fact]
    public void A_competitor_s_median_stands_beside_ours()
    {
        JsonElement row = Json("bench", "gemm", "64,64,64", "--seconds", "0.01", "--against", "echo 3; echo 9; echo 4").GetProperty("rows")[0];

        Assert.Equal(4, row.GetProperty("other_milliseconds").GetDouble());
        Assert.Equal("fp32 peak", row.GetProperty("limit").GetString());
        double flops = 2.0 * 64 * 64 * 64;
        Assert.Equal(flops / row.GetProperty("milliseconds").GetDouble() / 1e6, row.GetProperty("gflops").GetDouble(), 1e-6);
    }

    [Theory]
    [InlineData("nt", "fp32")]
    [InlineData("nn", "bf16")]
    [InlineData("tn", "bf16")]
    public void Every_layout_and_storage_has_a_row_beside_its_limit(string layout, string type)
    {
        JsonElement json = Json("bench", "gemm", "96,80,70", "--layout", layout, "--dtype", type, "--seconds", "0.01");

        JsonElement row = json.GetProperty("rows")[0];
        Assert.Equal($"{layout} 96 x 80 x 70", row.GetProperty("name").GetString());
        bool hasDots = type == "bf16" && CpuFeatures.IsAvailable(SimdPath.Avx512BF16);
        Assert.Equal(hasDots ? "bf16 peak" : "fp32 peak", row.GetProperty("limit").GetString());
    }

    [Theory]
    [InlineData("fp32", 4)]
    [InlineData("bf16", 2)]
    public void A_token_s_time_stands_beside_what_memory_needs_for_the_weights(string precision, int bytes)
    {
        JsonElement json = Json(
            "bench", "generate", "W2", "--precision", precision, "--prompt", "3", "--tokens", "5", "--seconds", "0.01", "--against", "echo 2; echo 5; echo 3");

        JsonElement row = json.GetProperty("rows")[0], generation = json.GetProperty("generation");
        const int parameters = 809_856, positionsNotRead = 63 * 128;
        Assert.Equal((parameters - positionsNotRead) * bytes, generation.GetProperty("weight_bytes").GetDouble());
        double read = json.GetProperty("limits").GetProperty("read_gigabytes").GetDouble();
        Assert.Equal((parameters - positionsNotRead) * bytes / read / 1e6, row.GetProperty("floor_milliseconds").GetDouble(), 1e-9);
        Assert.Equal(1e3, generation.GetProperty("tokens_per_second").GetDouble() * row.GetProperty("milliseconds").GetDouble(), 1e-6);
        Assert.True(generation.GetProperty("prompt_milliseconds").GetDouble() > 0);
        Assert.Equal(("read", 3), (row.GetProperty("limit").GetString(), row.GetProperty("other_milliseconds").GetDouble()));
    }

    [Theory]
    [InlineData(2, "there is no operation 'gelou' to measure; there are layernorm, ", "bench", "op", "gelou")]
    [InlineData(2, "there is no step 'W9' to measure; there are W2, quickstart, W3, W1.", "bench", "step", "W9")]
    [InlineData(2, "'5,4' is no shape; three sizes are needed, for example 1024,1024,1024.", "bench", "gemm", "5,4")]
    [InlineData(2, "there is no model preset 'gpt9'; ", "bench", "generate", "gpt9")]
    [InlineData(2, "a prompt of 60 and 5 new tokens cannot be measured; give at least 1 and 2, together at most 64.", "bench", "generate", "W2", "--prompt", "60", "--tokens", "5")]
    [InlineData(2, "0 is no number of threads; at least 1 is needed.", "bench", "op", "gelu", "--threads", "0")]
    [InlineData(2, "a command can be measured against one thing, not 2; name the one.", "bench", "op", "gelu", "layernorm", "--against", "echo 1")]
    [InlineData(2, "'2000' are no steps to count memory between; give two of them, the first at least 1, for example 200:2000.", "bench", "step", "W2", "--memory", "2000")]
    [InlineData(2, "the memory of a process tells of one step, not 2; name the one.", "bench", "step", "--memory", "20:40")]
    [InlineData(1, "printed 'fast'; one figure per line, in milliseconds, was expected.", "bench", "gemm", "8,8,8", "--seconds", "0.01", "--against", "echo fast")]
    [InlineData(1, "printed nothing; one figure per line, in milliseconds, was expected.", "bench", "gemm", "8,8,8", "--seconds", "0.01", "--against", "true")]
    [InlineData(1, "ended with exit code 3.", "bench", "gemm", "8,8,8", "--seconds", "0.01", "--against", "exit 3")]
    public void Bad_input_gets_one_sentence(int code, string sentence, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the commands are written for a Unix shell.");
        (int actual, string output, string error) = CommandProcess.Run(arguments);
        Assert.Equal((code, ""), (actual, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static JsonElement Json(params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the commands are written for a Unix shell.");
        (int code, string output, string error) = CommandProcess.Run([.. arguments, "--json"]);
        Assert.Equal((0, ""), (code, error));
        return JsonDocument.Parse(output).RootElement;
    }
}
