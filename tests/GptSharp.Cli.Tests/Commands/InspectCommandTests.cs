using System.Globalization;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokenizers;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class InspectCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(["inspect", .. arguments], new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }

    private static JsonNode RunJson(params string[] arguments)
    {
        (int code, string output, string error) = Run([.. arguments, "--json"]);
        Assert.Equal((0, ""), (code, error));
        return JsonNode.Parse(output)!;
    }

    private string At(string name) => Path.Combine(_folder, name);

    [Fact]
    public void A_safetensors_file_is_listed_with_hashes_that_others_can_check()
    {
        JsonNode found = RunJson(Path.Combine(Golden.Folder, "interop", "hf-gpt2", "model.safetensors"), "--sha256");
        Assert.Equal("safetensors", (string)found["format"]!);
        Assert.Equal("pt", (string)found["metadata"]!["format"]!);
        Assert.Equal(40, found["tensors"]!.AsArray().Count);
        JsonNode first = found["tensors"]![0]!;
        Assert.Equal("transformer.h.0.attn.c_attn.bias", (string)first["name"]!);
        Assert.Equal("F32", (string)first["dtype"]!);
        Assert.Equal("[144]", first["shape"]!.ToJsonString());

        // The stored bytes are the values as float32 already.
        using FileStream file = File.OpenRead(Path.Combine(Golden.Folder, "interop", "hf-gpt2", "model.safetensors"));
        var bytes = new byte[576];
        file.Seek(8 + BitConverter.ToInt64(Start(file)), SeekOrigin.Begin);
        file.ReadExactly(bytes);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), (string)first["sha256"]!);
    }

    private static byte[] Start(FileStream file)
    {
        var length = new byte[8];
        file.ReadExactly(length);
        return length;
    }

    [Fact]
    public void Without_hashes_there_are_none()
    {
        JsonNode found = RunJson(Path.Combine(Golden.Folder, "interop-own", "qwen3"));
        Assert.Equal(["name", "dtype", "shape"], found["tensors"]![0]!.AsObject().Select(item => item.Key));
        Assert.Equal("hf", (string)found["format"]!);
        Assert.Equal(13_600, (int)found["metadata"]!["parameters"]!);
        Assert.Equal("qwen3", (string)found["metadata"]!["config"]!["model_type"]!);
    }

    [Fact]
    public void A_folder_is_told_in_a_table()
    {
        (int code, string output, string error) = Run(Path.Combine(Golden.Folder, "interop", "hf-llama"));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("model       llama, 3 layers of 64 channels, block 64\nparameters  152,000\ntokenizer   none\n", output, StringComparison.Ordinal);
        Assert.Contains("\nlm_head.weight                                  F32    (512, 64)    32,768\n", output, StringComparison.Ordinal);
        Assert.EndsWith("\n30 tensors, 152,000 elements\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_and_its_run_are_told_alike()
    {
        using TinyRun run = new(new ByteTokenizer(), 3, 7);
        JsonNode checkpoint = RunJson(run.Checkpoints.FolderOf(7), "--sha256");
        Assert.Equal("checkpoint", (string)checkpoint["format"]!);
        Assert.Equal(7, (int)checkpoint["metadata"]!["step"]!);
        Assert.Contains("wte.weight", checkpoint["tensors"]!.AsArray().Select(tensor => (string)tensor!["name"]!));
        Assert.Equal(checkpoint.ToJsonString(), RunJson(run.Path, "--sha256").ToJsonString());

        run.Damage(7);
        (int code, _, string error) = Run(run.Checkpoints.FolderOf(7));
        Assert.Equal(1, code);
        Assert.Contains("damaged", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Pickles_and_what_is_nothing_known_are_refused_with_the_reason()
    {
        File.WriteAllBytes(At("weights.pt"), [0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0]);
        File.WriteAllBytes(At("renamed.dat"), [0x80, 2, 0x8A, 10, 0, 0, 0, 0, 0, 0]);
        File.WriteAllText(At("text"), "hello, world");
        File.WriteAllText(At("empty.safetensors"), "");
        foreach (string pickle in new[] { "weights.pt", "renamed.dat" })
        {
            (int code, string output, string error) = Run(At(pickle));
            Assert.Equal((1, ""), (code, output));
            Assert.Contains("it is a pickle, which is a program", error, StringComparison.Ordinal);
            Assert.Contains("safe_serialization=True", error, StringComparison.Ordinal);
        }

        Assert.Equal((1, "", $"gptsharp: {At("text")}: it is no safetensors, GGUF or ONNX file.\n"), Run(At("text")));
        Assert.Equal((1, "", $"gptsharp: {At("none")}: there is no such file or folder.\n"), Run(At("none")));
        Assert.Equal((1, "", $"gptsharp: {At("empty.safetensors")}: it is no safetensors file: it has only 0 bytes.\n"), Run(At("empty.safetensors")));
        Assert.Contains("it is no folder of a model, a run or a checkpoint, and no data set", Run(_folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_files_of_nanoGPT_and_llm_c_are_told_from_pickles()
    {
        // 256 numbers of 32 bits, then the tokens: 20240520 and version 1 have 16 bits each, 20240801 and version 7 have 32.
        static byte[] Llmc(int magic, int version, params byte[] tokens) =>
            [.. BitConverter.GetBytes(magic), .. BitConverter.GetBytes(version), .. BitConverter.GetBytes(2), .. new byte[1012], .. tokens];
        File.WriteAllBytes(At("train.bin"), [5, 0, 1, 2, 7, 0]);
        File.WriteAllBytes(At("val.bin"), Llmc(20240520, 1, 9, 0, 0, 1));
        File.WriteAllBytes(At("wide"), Llmc(20240801, 7, 9, 0, 1, 0, 1, 0, 0, 0));
        foreach ((string name, string format, string type, byte[] tokens) in new[]
        {
            ("train.bin", "nanogpt", "U16", File.ReadAllBytes(At("train.bin"))),
            ("val.bin", "llmc", "U16", [9, 0, 0, 1]),
            ("wide", "llmc", "U32", [9, 0, 1, 0, 1, 0, 0, 0]),
        })
        {
            JsonNode found = RunJson(At(name), "--sha256");
            Assert.Equal(format, (string)found["format"]!);
            Assert.Equal(type, (string)found["tensors"]![0]!["dtype"]!);
            Assert.Equal(tokens.Length / (type == "U16" ? 2 : 4), (int)found["tensors"]![0]!["shape"]![0]!);
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(tokens)), (string)found["tensors"]![0]!["sha256"]!);
        }

        JsonNode folder = RunJson(_folder);
        Assert.Equal("nanogpt", (string)folder["format"]!);
        Assert.Equal(5, (int)folder["metadata"]!["tokens"]!);
        Assert.Equal(["train.bin", "val.bin"], folder["tensors"]!.AsArray().Select(tensor => (string)tensor!["name"]!));
        Assert.Contains("such files do not tell it", Run(_folder).Out, StringComparison.Ordinal);

        File.WriteAllBytes(At("pytorch_model.bin"), [0x50, 0x4B, 3, 4, 0, 0]);
        Assert.Contains("pytorch_model.bin: it is a pickle", Run(_folder).Error, StringComparison.Ordinal);
        File.WriteAllBytes(At("odd.bin"), [1, 2, 3]);
        Assert.Contains("no number of 16-bit tokens", Run(At("odd.bin")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_set_and_what_is_exported_of_it_have_the_same_tokens()
    {
        File.WriteAllText(At("text.txt"), string.Concat(Enumerable.Repeat("Kind Finn the owl sings.\n", 40)));
        Call("data", "prepare", At("text.txt"), "--out", At("set"), "--tokenizer", "byte");
        Call("data", "export", At("set"), "--format", "nanogpt", "--out", At("nano"));
        Call("data", "export", At("set"), "--format", "llmc", "--out", At("llmc"));

        JsonNode set = RunJson(At("set"), "--sha256");
        Assert.Equal("dataset", (string)set["format"]!);
        Assert.Equal("byte", (string)set["metadata"]!["tokenizer"]!);
        Assert.Equal(1000, set["tensors"]!.AsArray().Sum(tensor => (int)tensor!["shape"]![0]!));
        Assert.Equal(Hashes(set), Hashes(RunJson(At("nano"), "--sha256")));
        Assert.Equal(Hashes(set), Hashes(RunJson(At("llmc"), "--sha256")));
        Assert.Contains("tokenizer   byte, 256 tokens\n", Run(At("set")).Out, StringComparison.Ordinal);

        static IEnumerable<string> Hashes(JsonNode found) => found["tensors"]!.AsArray().Select(tensor => (string)tensor!["sha256"]!).Order(StringComparer.Ordinal);

        static void Call(params string[] arguments)
        {
            StringWriter error = new(CultureInfo.InvariantCulture);
            int code = CommandLine.Run(arguments, new CommandOutput(TextWriter.Null, error));
            Assert.True(code == 0, error.ToString());
        }
    }

    [Fact]
    public void A_folder_that_no_model_can_be_built_from_is_listed_and_refused()
    {
        string source = Path.Combine(Golden.Folder, "interop", "hf-llama");
        File.Copy(Path.Combine(source, "model.safetensors"), At("model.safetensors"));
        File.WriteAllText(At("config.json"), File.ReadAllText(Path.Combine(source, "config.json")).Replace("\"llama\"", "\"gemma3\"", StringComparison.Ordinal));
        (int code, string output, string error) = Run(_folder);
        Assert.Equal(1, code);
        Assert.EndsWith("30 tensors, 152,000 elements\n", output, StringComparison.Ordinal);
        Assert.Equal($"gptsharp: {At("config.json")}: model_type is \"gemma3\"; only gpt2, llama, mistral, qwen2, qwen3 can be read.\n", error);

        File.WriteAllText(At("config.json"), "{\n\"a\": NaN}");
        Assert.Equal(
            (1, "", $"gptsharp: {At("config.json")}: line 2, byte 6: it is no valid JSON: NaN is no number of JSON, which has finite ones only.\n"), Run(_folder));
    }

    [Fact]
    public void A_name_cannot_paint_the_terminal()
    {
        var writer = new GptSharp.Files.Safetensors.SafetensorsWriter();
        writer.Add("red\u001b[31m", [1], new float[1]);
        writer.Save(At("odd.safetensors"));
        Assert.Contains("red\\u001b[31m", Run(At("odd.safetensors")).Out, StringComparison.Ordinal);
    }
}
