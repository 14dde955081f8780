using System.Globalization;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokenizers;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class OnnxExportTests
{
    [Fact]
    public void A_run_becomes_a_folder_that_inspect_shows()
    {
        using var run = new TinyRun(CharTokenizer.Of("abc ."), 3);
        using var folder = new TemporaryFolder();
        string path = folder.At("exported", "onnx-model");

        (int code, string output, string error) = Run("export", run.Path, "--format", "onnx", "--dtype", "f16", "--out", path);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal($"{path}: 3,584 parameters, a char tokenizer of 5 tokens, f16\n", output);
        Assert.True(File.Exists(Path.Combine(path, "tokenizer.json")));

        (code, output, error) = Run("inspect", path, "--json", "--sha256");
        Assert.Equal((0, ""), (code, error));
        JsonNode shown = JsonNode.Parse(output)!;
        Assert.Equal(("onnx", "fp16"), ((string)shown["format"]!, (string)shown["metadata"]!["config"]!["transformers.js_config"]!["dtype"]!));
        Assert.Equal(
            "wte.weight FLOAT16 [5,16] 64",
            string.Join(' ', shown["tensors"]!.AsArray().Take(1).Select(tensor =>
                $"{tensor!["name"]} {tensor["dtype"]} {tensor["shape"]!.ToJsonString()} {((string)tensor["sha256"]!).Length}")));
    }

    [Theory]
    [InlineData(2, "--dtype is 'bf16', but the format onnx has f32, f16.", "export", "RUN", "--format", "onnx", "--dtype", "bf16", "--out", "PATH")]
    [InlineData(2, "--max-shard-size has no effect with --format onnx", "export", "RUN", "--format", "onnx", "--max-shard-size", "1MB", "--out", "PATH")]
    public void What_the_format_does_not_have_is_refused(int expected, string reason, params string[] arguments)
    {
        using var run = new TinyRun(CharTokenizer.Of("abc ."), 3);
        using var folder = new TemporaryFolder();

        (int code, _, string error) = Run([.. arguments.Select(argument => argument switch
        {
            "RUN" => run.Path,
            "PATH" => folder.At("model"),
            _ => argument,
        })]);

        Assert.Equal(expected, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_graph_is_not_imported()
    {
        using var folder = new TemporaryFolder();
        string graph = Path.Combine(Golden.Folder, "interop", "onnx", "types.onnx");

        (int code, _, string error) = Run("import", graph, "--out", folder.At("model"));

        Assert.Equal(1, code);
        Assert.Contains("is a graph of operations, not a model", error, StringComparison.Ordinal);
    }

    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(arguments, new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }
}
