using System.Globalization;
using GptSharp.Files.Safetensors;
using GptSharp.TestKit;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class TraceCommandTests : IDisposable
{
    private static readonly GoldenModel Tiny = new(Path.Combine(Golden.Folder, "gpt2-tiny"));

    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-").FullName;

    private string Output => Path.Combine(_folder, "trace.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(["trace", .. arguments], new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }

    private (int Code, string Out, string Error) RunGolden(params string[] more) => Run([Tiny.Folder, Tiny.TensorFile, "--out", Output, .. more]);

    [Theory]
    [InlineData("reference", 1e-9, 1e-9, "reference (scalar C#, float64)\n")]
    [InlineData("cpu", 1e-5, 1e-4, "threads)\n")]
    [InlineData("emulator", 1e-4, 1e-4, "emulator (emulated GPU, sm_80)\n")]
    public void The_command_writes_what_PyTorch_computed(string device, double tolerance, double trainedTolerance, string ending)
    {
        (int code, string output, string error) = RunGolden(
            "--device", device, "--steps", $"{Tiny.Steps}", "--lr", Text(Tiny.LearningRate), "--weight-decay", Text(Tiny.WeightDecay),
            "--beta1", Text(Tiny.Beta1), "--beta2", Text(Tiny.Beta2), "--eps", Text(Tiny.Epsilon), "--clip", Text(Tiny.Clip));

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{Output}: loss 4.194345, logits and gradients; 20 steps, loss 4.194345 to 4.188341; {device} (", output, StringComparison.Ordinal);
        Assert.EndsWith(ending, output.Replace("1 thread)", "threads)", StringComparison.Ordinal), StringComparison.Ordinal);
        var distances = Tiny.Compare(Output);
        Assert.Equal(60, distances.Count);
        Assert.All(distances, entry =>
        {
            bool isTrained = entry.Name.StartsWith("after.", StringComparison.Ordinal);
            Assert.True(entry.Distance <= (isTrained ? trainedTolerance : tolerance), $"{entry.Name}: {entry.Distance}");
        });
    }

    [Fact]
    public void Kernels_lists_what_ran_and_in_BF16_every_product_is_the_tensor_cores()
    {
        string folder = Path.Combine(Golden.Folder, "gpt2-d64");
        (int code, string output, string error) = Run(
            folder, Path.Combine(folder, "golden.safetensors"), "--out", Output, "--device", "emulator", "--precision", "bf16", "--kernels");

        Assert.Equal((0, ""), (code, error));
        string[][] rows = [.. output.Split('\n').SkipWhile(line => !line.StartsWith("kernel ", StringComparison.Ordinal)).Skip(1)
            .Where(line => line.Length > 0).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Dictionary<string, (int Launches, long Matrix)> kernels = rows.ToDictionary(row => row[0], row => (Number(row[1]), (long)Number(row[2])));

        // One block: four layers and the head, forward and twice backward; one attention.
        string[] products = Named("linear", "sum", "bias");
        Assert.Equal(15, products.Sum(name => kernels[name].Launches));
        string[] attention = Named("attention", "delta");
        Assert.Equal(3, attention.Sum(name => kernels[name].Launches));
        Assert.All(attention, name => Assert.Contains("_d64", name, StringComparison.Ordinal));
        Assert.All(products.Concat(attention), name => Assert.True(kernels[name].Matrix > 0, $"{name} used no tensor core."));
        Assert.DoesNotContain(kernels.Keys, name => name.StartsWith("product_", StringComparison.Ordinal)); // those for any size and alignment

        string[] Named(string start, params string[] without) => [.. kernels.Keys.Where(name =>
            name.StartsWith(start, StringComparison.Ordinal) && !without.Any(word => name.Contains(word, StringComparison.Ordinal)))];

        static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Kernels_of_a_device_that_has_none_are_refused() => Assert.Equal(
        (2, "", "gptsharp: --kernels lists what a GPU runs, but cpu has none; --device emulator runs the same kernels without a GPU.\n"),
        RunGolden("--device", "cpu", "--kernels"));

    [Fact]
    public void A_llama_folder_is_traced_under_its_own_names()
    {
        string folder = Path.Combine(Golden.Folder, "llama-tiny");
        (int code, string output, string error) = Run(folder, Path.Combine(folder, "golden.safetensors"), "--out", Output, "--device", "reference");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{Output}: loss 4.178673, logits and gradients; reference (", output, StringComparison.Ordinal);
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        using SafetensorsFile trace = SafetensorsFile.Open(Output);
        const string name = "grad.model.layers.1.self_attn.k_proj.weight";
        Assert.InRange(RelativeDistance.Between(golden.ReadDoubles(name), trace.ReadDoubles(name)), 0, 1e-9);
    }

    [Fact]
    public void Without_steps_nothing_is_trained()
    {
        (int code, _, string error) = RunGolden();
        Assert.Equal((0, ""), (code, error));
        using SafetensorsFile trace = SafetensorsFile.Open(Output);
        Assert.NotNull(trace.Find("grad.transformer.wte.weight"));
        Assert.DoesNotContain(trace.Entries, entry => entry.Name.StartsWith("after.", StringComparison.Ordinal) || entry.Name == "losses");
    }

    [Fact]
    public void An_existing_file_is_replaced_only_when_told_to()
    {
        File.WriteAllText(Output, "mine");
        Assert.Equal((1, "", $"gptsharp: {Output} is already there; --force replaces it.\n"), RunGolden());
        Assert.Equal("mine", File.ReadAllText(Output));

        Assert.Equal(0, RunGolden("--force").Code);
        using SafetensorsFile trace = SafetensorsFile.Open(Output);
        Assert.NotNull(trace.Find("logits"));
    }

    [Fact]
    public void The_files_that_are_read_are_never_replaced()
    {
        string batch = Path.Combine(_folder, "batch.safetensors");
        File.WriteAllBytes(batch, File.ReadAllBytes(Tiny.TensorFile));
        (int code, _, string error) = Run(Tiny.Folder, batch, "--out", batch, "--force");
        Assert.Equal((2, $"gptsharp: --out {batch} is one of the files that the trace reads.\n"), (code, error));
        Assert.Equal(new FileInfo(Tiny.TensorFile).Length, new FileInfo(batch).Length);
    }

    [Theory]
    [InlineData("--device gpu", "gptsharp: there is no device 'gpu'; the devices are auto, cpu, cuda, cuda:N, emulator, reference.\n")]
    [InlineData("--steps 0", "gptsharp: --steps is 0, but must be 1 or more.\n")]
    [InlineData("--lr 1e-3", "gptsharp: --lr has no effect without --steps.\n")]
    [InlineData("--steps 1 --beta2 1", "gptsharp: --beta2 is 1, but must be from 0 to below 1.\n")]
    [InlineData("--steps 1 --eps 0", "gptsharp: --eps is 0, but must be above 0.\n")]
    [InlineData("--steps 1 --lr NaN", "gptsharp: --lr is NaN, but must be 0 or more.\n")]
    [InlineData("--steps one", "gptsharp trace: --steps is 'one', but must be a whole number. Try 'gptsharp trace --help'.\n")]
    public void A_wrong_option_gets_one_sentence_and_exit_code_2(string options, string sentence)
    {
        Assert.Equal((2, "", sentence), RunGolden(options.Split(' ')));
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public void A_file_that_is_refused_gets_exit_code_1()
    {
        string none = Path.Combine(_folder, "none");
        Assert.Equal((1, "", $"gptsharp: {none}: there is no such folder; a model folder holds config.json and model.safetensors.\n"), Run(none, Tiny.TensorFile, "--out", Output));
        Assert.Equal((1, "", $"gptsharp: {Tiny.TensorFile}: batches holds 20 steps, but 21 were asked for.\n"), RunGolden("--steps", "21"));
        Assert.Equal(1, Run(Tiny.Folder, Tiny.TensorFile, "--out", Path.Combine(none, "x.safetensors")).Code);
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public void Without_clipping_larger_gradients_pass()
    {
        double[] Trained(string clip)
        {
            Assert.Equal(0, RunGolden("--steps", "1", "--clip", clip, "--force", "--eps", "1").Code);
            using SafetensorsFile trace = SafetensorsFile.Open(Output);
            return trace.ReadDoubles("after.transformer.ln_f.weight");
        }

        // The norm of the first gradient is 1.18: 0 leaves it as it is, as 2 does; 1 makes it smaller.
        Assert.Equal(Trained("2"), Trained("0"));
        Assert.NotEqual(Trained("1"), Trained("0"));
    }
}
