using System.Globalization;
using GptSharp.Data.Tokenizers;
using GptSharp.Files.Safetensors;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

/// <summary><c>export</c>, <c>import</c>, and what takes an imported folder: sample, info, trace, train --init.</summary>
public sealed class ExportCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(arguments, new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }

    private static string RunWell(params string[] arguments)
    {
        (int code, string output, string error) = Run(arguments);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    private string At(string name) => Path.Combine(_folder, name);

    [Fact]
    public void A_run_is_exported_imported_and_writes_the_same_text()
    {
        using TinyRun run = new(CharTokenizer.Of("abcdefgh\n "), 4);
        Assert.Equal($"{At("hf")}: 3,664 parameters, a char tokenizer of 10 tokens, f32\n", RunWell("export", run.Path, "--format", "hf", "--out", At("hf")));
        Assert.Equal($"{At("in")}: 3,664 parameters, a bpe tokenizer of 10 tokens\n", RunWell("import", At("hf"), "--out", At("in")));
        foreach (string file in Directory.GetFiles(At("hf")))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(At("in"), Path.GetFileName(file))));
        }

        string[] sample = ["--greedy", "--tokens", "40", "--prompt", "cab"];
        Assert.Equal(RunWell(["sample", run.Path, .. sample]), RunWell(["sample", At("in"), .. sample]));
        Assert.Contains("3,664", RunWell("info", At("in")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hf", "q8_0", null, 2, "--dtype is 'q8_0', but the format hf has f32, bf16, f16.")]
    [InlineData("zip", null, null, 2, "--format is 'zip', but must be one of hf, gguf, onnx.")]
    [InlineData("gguf", null, "1GB", 2, "--max-shard-size has no effect with --format gguf, which writes its tensors as one file.")]
    [InlineData("hf", null, "some", 2, "--max-shard-size is 'some', but must be a size such as 5GB, 200MB or 4096.")]
    [InlineData("hf", null, "0", 2, "--max-shard-size is '0', but must be a size such as 5GB, 200MB or 4096.")]
    public void A_wrong_option_is_named(string format, string? type, string? size, int code, string sentence)
    {
        string[] options = [.. type is null ? Array.Empty<string>() : ["--dtype", type], .. size is null ? Array.Empty<string>() : ["--max-shard-size", size]];
        Assert.Equal(
            (code, "", $"gptsharp: {sentence}\n"),
            Run(["export", Path.Combine(Golden.Folder, "interop", "hf-gpt2"), "--format", format, "--out", At("out"), .. options]));
    }

    [Fact]
    public void Shards_are_as_small_as_asked_for()
    {
        RunWell("export", Path.Combine(Golden.Folder, "interop", "hf-llama"), "--format", "hf", "--dtype", "bf16", "--max-shard-size", "100KB", "--out", At("out"));
        string[] shards = [.. Directory.GetFiles(At("out"), "*.safetensors")];
        Assert.Equal(4, shards.Length);
        Assert.All(shards, shard =>
        {
            using SafetensorsFile file = SafetensorsFile.Open(shard);
            Assert.All(file.Entries, entry => Assert.Equal(SafetensorsType.BF16, entry.Type));
            Assert.InRange(file.Entries.Sum(entry => entry.ByteLength), 1, 100_000);
        });
    }

    [Fact]
    public void A_place_that_is_taken_is_left_alone()
    {
        Directory.CreateDirectory(At("out"));
        File.WriteAllText(Path.Combine(At("out"), "mine"), "");
        (int code, _, string error) = Run("export", Path.Combine(Golden.Folder, "interop", "hf-gpt2"), "--format", "hf", "--out", At("out"));
        Assert.Equal((1, $"gptsharp: {At("out")} is already there, and nothing is overwritten; choose another name, or remove it first.\n"), (code, error));
        Assert.Equal(["mine"], Directory.GetFileSystemEntries(At("out")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("interop/hf-gpt2")]
    [InlineData("interop-own/mistral")]
    [InlineData("interop-own/qwen2")]
    [InlineData("interop-own/qwen3")]
    [InlineData("interop-own/llama3")]
    public void Every_kind_of_folder_is_traced_to_logits_alone_without_targets(string name)
    {
        string model = Path.Combine(Golden.Folder, name);
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(model, "expected.safetensors"));
        var batch = new SafetensorsWriter();
        batch.Add("tokens", golden["input_ids"].Shape, golden.ReadIntegers("input_ids"));
        batch.Save(At("batch.safetensors"));

        RunWell("trace", model, At("batch.safetensors"), "--out", At("trace.safetensors"), "--device", "reference");

        using SafetensorsFile trace = SafetensorsFile.Open(At("trace.safetensors"));
        Assert.Equal(["logits"], trace.Entries.Select(entry => entry.Name));
        Assert.All(
            golden.ReadDoubles("logits_f64").Zip(trace.ReadDoubles("logits")), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-9));
    }

    [Fact]
    public void A_run_starts_from_a_models_weights_and_goes_on_without_the_model()
    {
        string[] quick =
        [
            "--set", $"train.out={_folder}", "--set", "train.eval_every=0", "--set", "data.stories_characters=20000", "--set", "sample.every=0",
            "--set", "sample.count=1", "--set", "train.batch=2", "--set", "train.warmup=0",
        ];
        File.WriteAllText(At("start.yaml"), "model:\n  layers: 1\n  heads: 2\n  channels: 16\n  block: 32\n  norm: rmsnorm\n  positions: rope\n  activation: swiglu\n  bias: false\n  qk_norm: true\n");
        RunWell(["train", At("start.yaml"), "--set", "train.steps=2", .. quick]);
        RunWell("export", At("start"), "--format", "hf", "--out", At("hf"));

        // A learning rate of zero shows the weights that a run starts from; a block may be shorter than the model's.
        File.WriteAllText(At("tuned.yaml"), "model:\n  block: 16\n");
        RunWell(["train", At("tuned.yaml"), "--init", At("hf"), "--set", "train.steps=1", "--set", "train.lr=0.0000000001", "--set", "train.min_lr=0", .. quick]);
        RunWell("export", At("tuned"), "--format", "hf", "--out", At("tuned-hf"));
        using (SafetensorsFile before = SafetensorsFile.Open(Path.Combine(At("hf"), "model.safetensors")))
        using (SafetensorsFile after = SafetensorsFile.Open(Path.Combine(At("tuned-hf"), "model.safetensors")))
        {
            Assert.All(before.Entries, entry => Assert.All(
                before.ReadDoubles(entry.Name).Zip(after.ReadDoubles(entry.Name)), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-8)));
        }

        // The folder is measured like the run that it was exported from, by the same data.
        File.WriteAllText(At("text.txt"), string.Concat(Enumerable.Repeat("Young Ben the lamb made a lilac flute.\n", 200)));
        string evaluated = RunWell("eval", At("hf"), "--data", At("text.txt"));
        Assert.Contains("loss, nats per token", evaluated, StringComparison.Ordinal);
        Assert.Equal(2, Run("eval", At("hf")).Code);

        (int code, _, string error) = Run(["train", At("tuned.yaml"), "--init", At("hf"), "--set", "model.layers=2", "--set", "train.name=other", .. quick]);
        Assert.Equal(2, code);
        Assert.Contains("model.layers is 1 there and 2 here", error, StringComparison.Ordinal);
        (code, _, error) = Run(["train", At("tuned.yaml"), "--init", At("hf"), "--set", "data.tokenizer=byte", "--set", "train.name=other", .. quick]);
        Assert.Equal(2, code);
        Assert.False(Directory.Exists(At("other")));
        (code, _, error) = Run(["train", At("tuned.yaml"), "--init", At("none"), "--set", "train.name=other", .. quick]);
        Assert.Equal((1, $"gptsharp: {At("none")}: there is no such folder; train.init takes that of a model in Hugging Face layout, or of a run.\n"), (code, error));
    }
}
