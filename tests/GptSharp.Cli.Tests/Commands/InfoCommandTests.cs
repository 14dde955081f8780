using System.Globalization;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class InfoCommandTests
{
    private static string[] Info(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Assert.Equal(0, CommandLine.Run(["info", .. arguments], new CommandOutput(output, TextWriter.Null)));
        return output.ToString().Split('\n');
    }

    private static string Total(string[] lines) => Assert.Single(lines, line => line.StartsWith("total", StringComparison.Ordinal))[5..].Trim();

    [Theory]
    [InlineData("gpt2", "124,439,808")]
    [InlineData("gpt2-medium", "354,823,168")]
    [InlineData("gpt2-large", "774,030,080")]
    [InlineData("gpt2-xl", "1,557,611,200")]
    public void The_total_of_gpt2_is_the_published_one(string preset, string total) => Assert.Equal(total, Total(Info(preset)));

    [Theory]
    [InlineData("llama-7b", "6,738,415,616")]
    [InlineData("llama-65b", "65,285,660,672")]
    [InlineData("tinyllama", "1,100,048,384")]
    public void The_total_of_llama_is_the_published_one(string preset, string total) => Assert.Equal(total, Total(Info(preset)));

    [Fact]
    public void Flops_have_formula_and_denominator()
    {
        string text = string.Join('\n', Info("gpt2"));
        Assert.Contains("854,438,400  = 6 x 123,532,032 + 12 x 12 x 768 x 1,024", text, StringComparison.Ordinal);
        Assert.Contains("MFU = model FLOPs per token x tokens per second / peak;", text, StringComparison.Ordinal);
        Assert.Matches(@"Peak of cpu: [\d.]+ [GT]FLOP/s \(measured here: fp32 multiply-adds in registers, \d+ threads?\)\.", text);
    }

    [Theory]
    [InlineData("gpt2", "--micro-batch", "4")]
    [InlineData("llama-65b", "--micro-batch", "1")]
    [InlineData("gpt2-medium", "--set", "train.memory_limit=1GB")]
    public void The_memory_of_a_run_is_a_table_of_80_columns(string preset, string option, string value)
    {
        string[] lines = Info(preset, "--memory", option, value);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        foreach (string row in (string[])["parameters", "gradients", "moments", "activations", "workspace", "peak", "none *", "block", "every: 2"])
        {
            Assert.Contains(lines, line => line.StartsWith(row, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_fits_into_a_limit_is_told()
    {
        string[] lines = Info("gpt2", "--memory", "--memory-limit", "4GB", "--micro-batch", "1", "--set", "model.block=64");
        Assert.Contains(lines, line => line.TrimStart().StartsWith("12 ", StringComparison.Ordinal) && line.EndsWith("does not fit", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.TrimStart().StartsWith("1 ", StringComparison.Ordinal) && line.EndsWith("  fits", StringComparison.Ordinal));
    }

    [Fact]
    public void Accelerators_are_listed_with_their_sources()
    {
        string[] lines = Info("--accelerators");
        Assert.Contains(lines, line => line.StartsWith("H100 SXM ", StringComparison.Ordinal) && line.Contains("989.5", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("T4: NVIDIA T4 datasheet", StringComparison.Ordinal));
    }

    [Fact]
    public void The_shape_of_a_llama_is_told()
    {
        string text = string.Join('\n', Info("tinyllama").Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Contains("heads 32 of 64 channels, keys and values of 4\n", text, StringComparison.Ordinal);
        Assert.Contains("mlp 5,632, SwiGLU\nnorms RMSNorm, epsilon 1e-05\n", text, StringComparison.Ordinal);
        Assert.Contains("block 2,048 tokens, rotary positions (rotate-half, theta 10000)\n", text, StringComparison.Ordinal);
        Assert.Contains("head of its own\nbiases no\n", text, StringComparison.Ordinal);
        Assert.Contains("mlp gate and up weight (2048, 11264) 22", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_a_configuration_are_told()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """
                model:
                  qk_norm: true
                  qkv_bias: false
                  parallel: true
                  window: 32
                  document_mask: true
                  attention_cap: 50
                  logit_cap: 30
                  z_loss: 1e-4
                  positions: rope
                  rope_width: 8
                  rope_scaling: linear
                  rope_factor: 2
                """);
            string[] lines = Info(path);
            Assert.Contains(lines, line => line.EndsWith("parallel blocks, window of 32, document mask, attention cap 50, logit cap 30, z-loss 0.0001", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith("rotary positions (rotate-half, theta 10000, 8 channels, linear scaling by 2)", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith("LayerNorm, epsilon 1e-05; RMSNorm of query and key heads", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith("yes, but of queries, keys and values", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("gpt3-xl", "24 heads")]
    [InlineData("gpt3-13b", "5140")]
    public void A_preset_that_differs_from_the_paper_says_so(string preset, string words) =>
        Assert.Contains(Info(preset), line => line.StartsWith("Note: Table 2.1 gives", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal));

    [Fact]
    public void Components_have_shapes_and_their_parameters_add_up()
    {
        string[] lines = Info("gpt2");
        Assert.Contains(lines, line => line.StartsWith("mlp ", StringComparison.Ordinal) && line.Contains("(768, 3072)      12   28,311,552", StringComparison.Ordinal));
        int first = Array.FindIndex(lines, line => line.StartsWith("embedding", StringComparison.Ordinal));
        int last = Array.FindIndex(lines, line => line.StartsWith("total", StringComparison.Ordinal));
        long sum = lines[first..last].Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^3], NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
        Assert.Equal(124_439_808, sum);
    }

    [Fact]
    public void Without_a_name_every_preset_is_listed()
    {
        string[] lines = Info();
        Assert.Contains(lines, line => line.StartsWith("gpt2-xl", StringComparison.Ordinal) && line.EndsWith("1,557,611,200", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("gpt3-175b", StringComparison.Ordinal));
    }

    [Fact]
    public void A_configuration_file_is_described_with_the_vocabulary_it_will_have()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "model:\n  layers: 2\n  heads: 1\n  channels: 3\n  mlp: 5\n  block: 6\ndata:\n  tokenizer: byte\n");
            Assert.Equal((((256 + 6) * 3) + (2 * 98) + 6).ToString(CultureInfo.InvariantCulture), Total(Info(path)));
            Assert.Equal("250", Total(Info(path, "--vocabulary", "10")));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_vocabulary_that_only_the_data_knows_is_said_to_be_a_guess()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "data:\n  name: tinyshakespeare\n");
            Assert.Contains(Info(path), line => line.StartsWith("Note: The vocabulary depends on the data set", StringComparison.Ordinal));
            Assert.DoesNotContain(Info(path, "--vocabulary", "65"), line => line.StartsWith("Note", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
