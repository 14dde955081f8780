using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Nn.Tests.ModelFiles;

/// <summary>Weights in several files: what is written is read back, and what an index claims is not believed.</summary>
public sealed class WeightFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Engine _engine = new(new CpuBackend(1));

    private static string Source => Path.Combine(Golden.Folder, "interop", "hf-gpt2");

    private string IndexPath => _folder.At("model.safetensors.index.json");

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private void SaveShards(long size)
    {
        using Gpt model = ModelFolder.Load(Source, _engine, Precision.Fp32);
        ModelFolder.Save(_folder.Path, model, new ModelFolderOptions { MaxShardSize = size });
    }

    private void ChangeIndex(Action<JsonObject> change)
    {
        JsonObject index = JsonNode.Parse(File.ReadAllText(IndexPath))!.AsObject();
        change(index["weight_map"]!.AsObject());
        File.WriteAllText(IndexPath, index.ToJsonString());
    }

    private string Refusal() => Assert.Throws<RefusedFileException>(() => ModelFolder.Load(_folder.Path, _engine, Precision.Fp32)).Message;

    [Fact]
    public void Shards_hold_no_more_than_asked_for_and_the_same_values()
    {
        const long most = 100_000;
        SaveShards(most);

        string[] shards = [.. Directory.GetFiles(_folder.Path, "*.safetensors").Order(StringComparer.Ordinal)];
        Assert.Equal("model-00001-of-00006.safetensors", Path.GetFileName(shards[0]));
        Assert.Equal(6, shards.Length);
        Assert.False(File.Exists(_folder.At("model.safetensors")));
        using SafetensorsFile whole = SafetensorsFile.Open(Path.Combine(Source, "model.safetensors"));
        using WeightFiles parts = WeightFiles.Open(_folder.Path);
        Assert.Equal(whole.Entries.Select(entry => entry.Name).Order(), parts.Entries.Select(entry => entry.Name).Order());
        Assert.All(whole.Entries, entry => Assert.Equal(whole.ReadDoubles(entry.Name), parts.ReadDoubles(entry.Name)));
        foreach (string shard in shards)
        {
            using SafetensorsFile file = SafetensorsFile.Open(shard);
            Assert.InRange(file.Entries.Sum(entry => entry.ByteLength), 1, most);
        }

        JsonNode index = JsonNode.Parse(File.ReadAllText(IndexPath))!;
        Assert.Equal(whole.Entries.Sum(entry => entry.ByteLength), (long)index["metadata"]!["total_size"]!);
        using Gpt loaded = ModelFolder.Load(_folder.Path, _engine, Precision.Fp32);
        Assert.Equal(whole.ReadDoubles("transformer.wpe.weight"), loaded.Arena.Parameters.Single(parameter => parameter.Name == "wpe.weight").Value.ToDoubles());
    }

    [Fact]
    public void A_tensor_larger_than_a_shard_has_one_of_its_own()
    {
        SaveShards(1);
        Assert.Equal(40, Directory.GetFiles(_folder.Path, "*.safetensors").Length);
        ModelFolder.Load(_folder.Path, _engine, Precision.Fp32).Dispose();
    }

    [Fact]
    public void A_single_file_counts_before_an_index()
    {
        SaveShards(100_000);
        File.WriteAllText(IndexPath, "not even JSON");
        File.Copy(Path.Combine(Source, "model.safetensors"), _folder.At("model.safetensors"));
        ModelFolder.Load(_folder.Path, _engine, Precision.Fp32).Dispose();
    }

    [Theory]
    [InlineData("../other/model.safetensors")]
    [InlineData("/etc/model.safetensors")]
    [InlineData("..\\model.safetensors")]
    [InlineData("sub/model.safetensors")]
    [InlineData("C:model.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("pytorch_model.bin")]
    [InlineData("a\u0000.safetensors")]
    public void A_shard_outside_the_folder_is_never_opened(string name)
    {
        SaveShards(100_000);
        ChangeIndex(map => map["transformer.wpe.weight"] = name);
        Assert.StartsWith($"{IndexPath}: weight_map names the file ", Refusal(), StringComparison.Ordinal);
        Assert.EndsWith("a .safetensors file in the same folder is expected, and nothing else is opened.", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model-00002-of-00006.safetensors", 100_000)]
    [InlineData("model.safetensors.index.json", 100_000)]
    [InlineData("model.safetensors", long.MaxValue)]
    [InlineData("config.json", long.MaxValue)]
    public void A_link_is_never_followed(string name, long size)
    {
        SaveShards(size);
        using TemporaryFolder other = new();
        File.Move(_folder.At(name), other.At(name));
        File.CreateSymbolicLink(_folder.At(name), other.At(name));
        Assert.Equal($"{_folder.At(name)}: it is a link to {other.At(name)}, and nothing outside of the folder is opened; put the file itself there.", Refusal());
    }

    [Fact]
    public void Everything_in_which_index_and_files_differ_is_listed_at_once()
    {
        SaveShards(100_000);
        ChangeIndex(map =>
        {
            map.Remove("transformer.wpe.weight");
            map["transformer.wte.weight"] = "model-00006-of-00006.safetensors";
            map["ghost"] = "model-00001-of-00006.safetensors";
        });
        Assert.Equal(
            $"{IndexPath}: tensor 'transformer.wte.weight' is not in model-00006-of-00006.safetensors, as weight_map says, but in model-00001-of-00006.safetensors; "
            + "tensor 'ghost' is in none of its files; model-00002-of-00006.safetensors holds tensor 'transformer.wpe.weight', which weight_map lacks.",
            Refusal());
    }

    [Fact]
    public void A_missing_shard_and_a_tensor_in_two_of_them_are_named()
    {
        SaveShards(100_000);
        File.Copy(_folder.At("model-00001-of-00006.safetensors"), _folder.At("again.safetensors"));
        ChangeIndex(map => map["transformer.wte.weight"] = "again.safetensors");
        ChangeIndex(map => map["ghost"] = "model-00001-of-00006.safetensors");
        Assert.EndsWith("it holds tensor 'transformer.wte.weight', which " + _folder.At("again.safetensors") + " holds, too.", Refusal(), StringComparison.Ordinal);

        File.Delete(_folder.At("model-00003-of-00006.safetensors"));
        File.Delete(_folder.At("again.safetensors"));
        ChangeIndex(map => map["transformer.wte.weight"] = "model-00001-of-00006.safetensors");
        Assert.Equal($"{_folder.At("model-00003-of-00006.safetensors")}: it is missing, though {IndexPath} names it.", Refusal());
    }

    [Theory]
    [InlineData("{}", "the key weight_map is missing.")]
    [InlineData("{\"weight_map\": []}", "weight_map is [], but must be an object in braces.")]
    [InlineData("{\"weight_map\": {\"a\": 1}}", "weight_map.a is 1, but must be a text.")]
    [InlineData("{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"y.safetensors\"}}", "line 1, byte 39: it is no valid JSON: the key \"a\" stands twice in the same object.")]
    public void A_broken_index_is_named(string text, string words)
    {
        SaveShards(100_000);
        File.WriteAllText(IndexPath, text);
        Assert.StartsWith($"{IndexPath}: ", Refusal(), StringComparison.Ordinal);
        Assert.Contains(words, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_nests_without_end_is_refused_where_it_goes_too_deep()
    {
        SaveShards(100_000);
        File.WriteAllText(IndexPath, "{\n\"metadata\": " + new string('[', 20_000) + new string(']', 20_000) + "}");
        Assert.Equal($"{IndexPath}: line 2, byte 76: it is no valid JSON: objects and lists nest deeper than 64.", Refusal());
    }

    [Theory]
    [InlineData(SafetensorsType.BF16)]
    [InlineData(SafetensorsType.F16)]
    public void Half_precision_weights_keep_their_bits_when_they_are_read_and_written_again(SafetensorsType type)
    {
        using (Gpt model = ModelFolder.Load(Source, _engine, Precision.Fp32))
        {
            ModelFolder.Save(_folder.Path, model, new ModelFolderOptions { Type = type });
        }

        byte[] first = File.ReadAllBytes(_folder.At("model.safetensors"));
        using (Gpt model = ModelFolder.Load(_folder.Path, _engine, Precision.Fp32))
        {
            ModelFolder.Save(_folder.Path, model, new ModelFolderOptions { Type = type });
        }

        Assert.Equal(first, File.ReadAllBytes(_folder.At("model.safetensors")));
        Assert.Contains(type == SafetensorsType.F16 ? "\"dtype\": \"float16\"" : "\"dtype\": \"bfloat16\"", File.ReadAllText(_folder.At("config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_too_large_for_half_precision_is_refused_by_its_tensor()
    {
        using Gpt model = ModelFolder.Load(Source, _engine, Precision.Fp32);
        var norm = model.Arena.Parameters.Single(parameter => parameter.Name == "h.1.ln_1.weight");
        norm.SetValues([.. Enumerable.Repeat(1e5, 48)]);
        var exception = Assert.Throws<ConfigurationException>(() => ModelFolder.Save(_folder.Path, model, new ModelFolderOptions { Type = SafetensorsType.F16 }));
        Assert.Equal("tensor 'transformer.h.1.ln_1.weight' holds 100000, but the largest number of f16 is 65504; write the model as bf16 or f32.", exception.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Claims_of_a_configuration_take_no_memory_and_no_time()
    {
        SaveShards(long.MaxValue);
        string config = _folder.At("config.json");
        string sound = File.ReadAllText(config);
        File.WriteAllText(config, sound.Replace("\"n_layer\": 3", "\"n_layer\": 2000000000", StringComparison.Ordinal));
        Assert.EndsWith("; and so on.", Refusal(), StringComparison.Ordinal);

        string llama = Path.Combine(Golden.Folder, "interop", "hf-llama");
        File.Copy(Path.Combine(llama, "model.safetensors"), _folder.At("model.safetensors"), overwrite: true);
        File.WriteAllText(config, File.ReadAllText(Path.Combine(llama, "config.json"))
            .Replace("\"max_position_embeddings\": 64", "\"max_position_embeddings\": 2000000000", StringComparison.Ordinal));
        Assert.Contains("max_position_embeddings is 2000000000, for which the table of rotary angles would take", Refusal(), StringComparison.Ordinal);
    }
}
