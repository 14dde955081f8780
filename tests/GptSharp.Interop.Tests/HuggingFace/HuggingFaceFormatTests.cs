using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Interop.HuggingFace;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.HuggingFace;

/// <summary>Folders out and in again: the same bits, the same tokenizer, the same special tokens.</summary>
public sealed class HuggingFaceFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Engine _engine = new(new CpuBackend(1));
    private readonly HuggingFaceFormat _format = new();

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private static string Model(string name) => Path.Combine(Golden.Folder, name);

    private ModelPackage Open(string path) => ModelPackage.Open(path, _engine, Precision.Fp32);

    private static Dictionary<string, string> Hashes(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return file.Tensors.ToDictionary(tensor => tensor.Name, tensor => TensorHash.Sha256(file, tensor));
    }

    [Theory]
    [InlineData("interop/hf-gpt2")]
    [InlineData("interop/hf-llama")]
    [InlineData("interop-own/mistral")]
    [InlineData("interop-own/qwen2")]
    [InlineData("interop-own/qwen2-window")]
    [InlineData("interop-own/qwen3")]
    [InlineData("interop-own/llama3")]
    [InlineData("interop-own/llama-mlp-bias")]
    public void Export_and_import_keep_every_bit(string name)
    {
        using (ModelPackage package = Open(Model(name)))
        {
            package.Save(_folder.At("one"), _format, new ExportOptions());
            package.Save(_folder.At("shards"), _format, new ExportOptions(MaxShardSize: 20_000));
        }

        Assert.Equal(Hashes(Model(name)), Hashes(_folder.At("one")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(Model(name), "model.safetensors")), File.ReadAllBytes(Path.Combine(_folder.At("one"), "model.safetensors")));
        using (ModelPackage again = Open(_folder.At("shards")))
        {
            again.Save(_folder.At("two"), _format, new ExportOptions());
            Assert.Equal(1 + (name == "interop/hf-gpt2" ? -1 : 0), again.Generation.BeginToken);
        }

        foreach (string file in Directory.GetFiles(_folder.At("one")))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder.At("two"), Path.GetFileName(file))));
        }
    }

    [Fact]
    public void Special_tokens_come_from_generation_config_or_config_and_only_from_the_vocabulary()
    {
        Copy("interop-own/qwen3");
        Assert.Equal((1, "2,3", null), Tokens());
        File.WriteAllText(_folder.At("generation_config.json"), """{"bos_token_id": null, "eos_token_id": [7, 9], "pad_token_id": -1}""");
        Assert.Equal((null, "7,9", null), Tokens());
        File.WriteAllText(_folder.At("generation_config.json"), """{"eos_token_id": "x"}""");
        Assert.Contains("eos_token_id is \"x\", but must be a whole number or a list of them.", Assert.Throws<RefusedFileException>(() => Tokens()).Message, StringComparison.Ordinal);

        foreach (string key in new[] { "bos_token_id", "eos_token_id", "pad_token_id" })
        {
            File.WriteAllText(_folder.At("generation_config.json"), $$"""{"{{key}}": [7, 40]}""");
            Assert.Equal(
                $"{_folder.At("generation_config.json")}: {key} names the token 40, but the model's vocabulary has 40 tokens, 0 to 39; correct the id or take it out.",
                Assert.Throws<RefusedFileException>(() => Tokens()).Message);
        }

        File.Delete(_folder.At("generation_config.json"));
        string config = File.ReadAllText(_folder.At("config.json"));
        File.WriteAllText(_folder.At("config.json"), config.Replace("\"bos_token_id\": 1", "\"bos_token_id\": 50256", StringComparison.Ordinal));
        Assert.Equal((null, "2,3", null), Tokens());

        (int? Begin, string End, int? Padding) Tokens()
        {
            using ModelPackage package = Open(_folder.Path);
            return (package.Generation.BeginToken, string.Join(',', package.Generation.EndTokens), package.Generation.PaddingToken);
        }
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("merges.txt")]
    [InlineData("generation_config.json")]
    public void A_link_is_never_followed(string name)
    {
        Copy("interop-own/qwen3");
        File.CreateSymbolicLink(_folder.At(name), "/etc/passwd");
        Assert.Equal(
            $"{_folder.At(name)}: it is a link to /etc/passwd, and nothing outside of the folder is opened; put the file itself there.",
            Assert.Throws<RefusedFileException>(() => Open(_folder.Path).Dispose()).Message);
    }

    [Fact]
    public void A_tokenizer_that_does_not_fit_the_model_is_refused_in_one_sentence()
    {
        Copy("interop-own/qwen3");
        File.Copy(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512", "tokenizer.json"), _folder.At("tokenizer.json"));
        Assert.Equal(
            $"{_folder.At("tokenizer.json")}: its tokenizer (bpe) has 512 tokens, but the model's vocabulary has only 40: they do not belong together.",
            Assert.Throws<RefusedFileException>(() => Open(_folder.Path)).Message);
    }

    [Fact]
    public void A_tokenizer_travels_with_its_model()
    {
        Copy("interop/hf-gpt2");
        File.Copy(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512", "tokenizer.json"), _folder.At("tokenizer.json"));
        using ModelPackage package = Open(_folder.Path);
        package.Save(_folder.At("out"), _format, new ExportOptions(WeightType.BF16));
        using ModelPackage again = Open(_folder.At("out"));
        Assert.Equal(TokenizerFile.ToJson(package.Tokenizer!), TokenizerFile.ToJson(again.Tokenizer!));
        Assert.True(File.Exists(Path.Combine(_folder.At("out"), "tokenizer_config.json")));
    }

    [Fact]
    public void A_tokenizer_of_characters_that_other_programs_cannot_have_is_refused_and_nothing_is_left()
    {
        var config = new GptConfig { VocabularySize = 3, BlockSize = 4, LayerCount = 1, HeadCount = 1, Width = 4 };
        using var package = new ModelPackage(new Gpt(_engine, config), CharTokenizer.Of("aé"), GenerationDefaults.None);
        ConfigurationException exception = Assert.Throws<ConfigurationException>(() => package.Save(_folder.At("out"), _format, new ExportOptions()));
        Assert.Contains("é", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        using ModelPackage package = Open(Model("interop-own/qwen3"));
        Directory.CreateDirectory(_folder.At("there"));
        File.WriteAllText(Path.Combine(_folder.At("there"), "mine"), "");
        Assert.Contains("nothing is overwritten", Assert.Throws<IOException>(() => package.Save(_folder.At("there"), _format, new ExportOptions())).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder.At("empty"));
        package.Save(_folder.At("empty"), _format, new ExportOptions());
        Assert.True(File.Exists(Path.Combine(_folder.At("empty"), "config.json")));
    }

    [Fact]
    public void What_is_no_model_is_said_to_be_none()
    {
        Assert.EndsWith("there is no such file or folder.", Assert.Throws<RefusedFileException>(() => Open(_folder.At("none"))).Message, StringComparison.Ordinal);
        Assert.Contains("it is no model", Assert.Throws<RefusedFileException>(() => Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private void Copy(string name)
    {
        foreach (string file in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(Model(name), file), _folder.At(file));
        }
    }
}
