using System.Text.RegularExpressions;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Interop.HuggingFace;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.HuggingFace;

/// <summary>Whatever stands in the JSON files of a folder, it is opened or refused with a file's name: no other exception, no long wait, no memory beyond its size.</summary>
public sealed partial class FolderFuzzTests
{
    private static readonly string[] Values =
    [
        "0", "-1", "1", "3", "2147483647", "9223372036854775807", "18446744073709551616", "1e308", "1e400", "NaN", "0.5", "null", "true", "\"\"",
        "\"../other\"", "\"x\"", "[]", "[[[[[[[[]]]]]]]]", "{}", "{\"a\":{\"a\":{}}}", "\"\\ud800\"", "[1,\"a\",null]", ",", "]", "}",
    ];

    [Theory]
    [InlineData("hf-llama", "config.json")]
    [InlineData("hf-gpt2", "config.json")]
    [InlineData("hf-llama", "generation_config.json")]
    [InlineData("hf-llama", "model.safetensors.index.json")]
    [InlineData("hf-gpt2", "tokenizer.json")]
    public void Changed_json_is_opened_or_refused(string model, string name)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var temporary = new TemporaryFolder();
        string folder = temporary.At("model");
        using (var package = new ModelPackage(
            ModelFolder.Load(Path.Combine(Golden.Folder, "interop", model), engine, Precision.Fp32),
            TokenizerFile.Load(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512")), new GenerationDefaults(0, [0, 1], 2)))
        {
            package.Save(folder, new HuggingFaceFormat(), new ExportOptions(WeightType.F32, MaxShardSize: 200_000));
        }

        string path = Path.Combine(folder, name);
        string sound = File.ReadAllText(path);
        Match[] parts = [.. Part().Matches(sound).Cast<Match>()];
        var random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 150; round++)
        {
            Match part = parts[random.Next(parts.Length)];
            string value = random.Next(8) == 0 ? "" : Values[random.Next(Values.Length)];
            File.WriteAllText(path, sound[..part.Index] + value + sound[(part.Index + part.Length)..]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ModelPackage.Open(folder, engine, Precision.Fp32).Dispose();
            }
            catch (RefusedFileException exception)
            {
                refused++;
                Assert.StartsWith(folder, exception.Message, StringComparison.Ordinal);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
        }

        Assert.InRange(refused, 20, 150);
    }

    // A text, a number or a word of JSON.
    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|-?[0-9][0-9.eE+-]*|true|false|null")]
    private static partial Regex Part();
}
