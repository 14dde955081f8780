using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Nn.Tests.ModelFiles;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Model(string name) => Path.Combine([Golden.Folder, .. name.Split('/')]);

    /// <summary>Every tensor of a weights file, by name, as type, shape and bytes.</summary>
    private static SortedDictionary<string, (SafetensorsType Type, long[] Shape, byte[] Bytes)> Tensors(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        SortedDictionary<string, (SafetensorsType, long[], byte[])> tensors = new(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in file.Entries)
        {
            var bytes = new byte[entry.ByteLength];
            file.ReadBytes(entry, 0, bytes);
            tensors.Add(entry.Name, (entry.Type, [.. entry.Shape], bytes));
        }

        return tensors;
    }

    private void Put(IEnumerable<KeyValuePair<string, (SafetensorsType Type, long[] Shape, byte[] Bytes)>> tensors, string configOf = "gpt2-tiny")
    {
        File.Copy(Path.Combine(Model(configOf), "config.json"), _folder.At("config.json"), overwrite: true);
        var writer = new SafetensorsWriter();
        foreach ((string name, (SafetensorsType type, long[] shape, byte[] bytes)) in tensors)
        {
            writer.Add(name, type, shape, stream => stream.Write(bytes));
        }

        writer.Save(_folder.At("model.safetensors"));
    }

    private string Refusal(string? folder = null)
    {
        using var engine = new Engine(new ReferenceBackend());
        return Assert.Throws<RefusedFileException>(() => ModelFolder.Load(folder ?? _folder.Path, engine, Precision.Fp64)).Message;
    }

    private static double[] Logits(string folder, IBackend backend, Precision precision)
    {
        using var engine = new Engine(backend);
        using Gpt model = ModelFolder.Load(folder, engine, precision);
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        return model.Forward(step.Input([3, 1, 4, 1, 5], (1, 5))).ToDoubles();
    }

    [Theory]
    [InlineData("gpt2-tiny", true)]
    [InlineData("gpt2-tiny", false)]
    [InlineData("gpt2-d64", true)]
    [InlineData("interop/hf-gpt2", false)]
    [InlineData("llama-tiny", true)]
    [InlineData("llama-tiny", false)]
    [InlineData("interop/hf-llama", false)]
    public void Saving_what_was_loaded_gives_equal_bytes_for_every_tensor(string name, bool reference)
    {
        using var engine = new Engine(reference ? new ReferenceBackend() : new CpuBackend(1));
        using Gpt model = ModelFolder.Load(Model(name), engine, reference ? Precision.Fp64 : Precision.Fp32);

        ModelFolder.Save(_folder.Path, model);

        var expected = Tensors(Model(name));
        var actual = Tensors(_folder.Path);
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, pair =>
        {
            Assert.Equal(pair.Value.Shape, actual[pair.Key].Shape);
            Assert.Equal(pair.Value.Bytes, actual[pair.Key].Bytes);
        });
        Assert.Equal(model.Config, ModelFolder.ReadConfig(_folder.Path));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void An_untied_head_is_written_and_read_without_padding()
    {
        GptConfig config = new() { VocabularySize = 70, BlockSize = 8, LayerCount = 1, HeadCount = 1, Width = 6, TieHead = false };
        double[] head;
        using (var engine = new Engine(new CpuBackend(1)))
        {
            using var model = new Gpt(engine, config);
            model.Initialize(seed: 5);
            ModelFolder.Save(_folder.Path, model);
            head = model.Arena.Parameters.Single(parameter => parameter.Name == "lm_head.weight").Value.ToDoubles();
        }

        (_, long[] shape, byte[] bytes) = Tensors(_folder.Path)["lm_head.weight"];
        Assert.Equal([70, 6], shape);
        Assert.Equal(head[..(70 * 6)], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(value => (double)value));
        using var second = new Engine(new CpuBackend(1));
        using Gpt loaded = ModelFolder.Load(_folder.Path, second, Precision.Fp32);
        Assert.Equal(head, loaded.Arena.Parameters.Single(parameter => parameter.Name == "lm_head.weight").Value.ToDoubles());
    }

    [Fact]
    public void The_hubs_names_without_prefix_and_its_mask_buffers_are_accepted()
    {
        var tensors = Tensors(Model("gpt2-tiny")).ToDictionary(pair => pair.Key["transformer.".Length..], pair => pair.Value);
        for (int layer = 0; layer < 2; layer++)
        {
            tensors.Add($"h.{layer}.attn.bias", (SafetensorsType.U8, [1, 1, 24, 24], new byte[24 * 24]));
            tensors.Add($"h.{layer}.attn.masked_bias", (SafetensorsType.F32, [], new byte[4]));
        }

        Put(tensors);
        Assert.Equal(Logits(Model("gpt2-tiny"), new ReferenceBackend(), Precision.Fp64), Logits(_folder.Path, new ReferenceBackend(), Precision.Fp64));
    }

    [Fact]
    public void A_tied_head_that_is_stored_as_well_is_accepted_only_when_it_is_the_same()
    {
        var tensors = Tensors(Model("gpt2-tiny"));
        tensors.Add("lm_head.weight", tensors["transformer.wte.weight"]);
        Put(tensors);
        Assert.Equal(Logits(Model("gpt2-tiny"), new ReferenceBackend(), Precision.Fp64), Logits(_folder.Path, new ReferenceBackend(), Precision.Fp64));

        tensors["lm_head.weight"] = (SafetensorsType.F32, [65, 32], new byte[65 * 32 * 4]);
        Put(tensors);
        Assert.EndsWith(
            "model.safetensors: tensor 'lm_head.weight' differs from 'transformer.wte.weight', although config.json ties them; "
            + "set tie_word_embeddings to false, or remove it.",
            Refusal(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        Put(Tensors(Model("gpt2-tiny")).Where(pair => pair.Key != "transformer.h.1.ln_2.bias"));
        Assert.EndsWith("model.safetensors: it holds no tensor 'transformer.h.1.ln_2.bias'.", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_does_not_fit_is_listed_at_once()
    {
        var tensors = Tensors(Model("llama-tiny"));
        tensors.Remove("model.layers.0.self_attn.k_proj.weight");
        tensors.Remove("model.layers.1.mlp.gate_proj.weight");
        tensors["model.norm.weight"] = tensors["model.norm.weight"] with { Shape = [1, 32] };
        tensors.Add("model.layers.0.self_attn.q_proj.bias", tensors["model.layers.0.input_layernorm.weight"]);
        Put(tensors, "llama-tiny");
        Assert.EndsWith(
            "model.safetensors: it holds no tensor 'model.layers.0.self_attn.k_proj.weight'; it holds no tensor 'model.layers.1.mlp.gate_proj.weight'; "
            + "tensor 'model.norm.weight' has shape (1, 32), but config.json asks for (32); it holds tensor 'model.layers.0.self_attn.q_proj.bias', "
            + "for which the model that config.json describes has no place.",
            Refusal(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Llamas_names_without_prefix_and_its_frequency_buffers_are_accepted()
    {
        var tensors = Tensors(Model("llama-tiny")).ToDictionary(
            pair => pair.Key.StartsWith("model.", StringComparison.Ordinal) ? pair.Key["model.".Length..] : pair.Key, pair => pair.Value);
        tensors.Add("layers.1.self_attn.rotary_emb.inv_freq", (SafetensorsType.F32, [4], new byte[16]));
        Put(tensors, "llama-tiny");
        Assert.Equal(Logits(Model("llama-tiny"), new ReferenceBackend(), Precision.Fp64), Logits(_folder.Path, new ReferenceBackend(), Precision.Fp64));
    }

    [Fact]
    public void A_model_of_another_kind_is_refused_by_its_name()
    {
        Put(Tensors(Model("llama-tiny")), "llama-tiny");
        string path = _folder.At("config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"llama\"", "\"mamba\"", StringComparison.Ordinal));
        Assert.EndsWith("config.json: model_type is \"mamba\"; only gpt2, llama, mistral, qwen2, qwen3 can be read.", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes()
    {
        var tensors = Tensors(Model("gpt2-tiny"));
        tensors["transformer.h.0.mlp.c_fc.weight"] = tensors["transformer.h.0.mlp.c_fc.weight"] with { Shape = [128, 32] };
        Put(tensors);
        Assert.EndsWith(
            "tensor 'transformer.h.0.mlp.c_fc.weight' has shape (128, 32), but config.json asks for (32, 128).", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_the_config_has_no_place_for_is_named()
    {
        var tensors = Tensors(Model("gpt2-tiny"));
        tensors.Add("transformer.h.2.ln_1.weight", tensors["transformer.h.1.ln_1.weight"]);
        Put(tensors);
        Assert.EndsWith(
            "it holds tensor 'transformer.h.2.ln_1.weight', for which the model that config.json describes has no place.", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_integers_are_refused()
    {
        var tensors = Tensors(Model("gpt2-tiny"));
        tensors["transformer.ln_f.weight"] = tensors["transformer.ln_f.weight"] with { Type = SafetensorsType.I32 };
        tensors["transformer.ln_f.bias"] = tensors["transformer.ln_f.bias"] with { Type = SafetensorsType.U32 };
        Put(tensors);
        Assert.EndsWith(
            "tensor 'transformer.ln_f.weight' has type I32, but a float type is needed; tensor 'transformer.ln_f.bias' has type U32, but a float type is needed.",
            Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_of_a_config_that_the_file_does_not_have_take_no_memory()
    {
        Put(Tensors(Model("gpt2-tiny")));
        string path = _folder.At("config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"n_positions\": 24", "\"n_positions\": 2000000000", StringComparison.Ordinal));
        Assert.EndsWith("has shape (24, 32), but config.json asks for (2000000000, 32).", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_or_a_file_that_is_missing_is_named()
    {
        Assert.StartsWith($"{_folder.At("none")}: there is no such folder", Refusal(_folder.At("none")), StringComparison.Ordinal);
        Assert.StartsWith($"{_folder.At("config.json")}: it is missing", Refusal(), StringComparison.Ordinal);
        File.Copy(Path.Combine(Model("gpt2-tiny"), "config.json"), _folder.At("config.json"));
        Assert.StartsWith($"{_folder.At("model.safetensors")}: it is missing", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("pytorch_model.bin"), [0x80, 2, 0x8A, 10]);
        Assert.StartsWith($"{_folder.At("pytorch_model.bin")}: it is a pickle", Refusal(), StringComparison.Ordinal);
        Assert.Contains("save_pretrained(OTHER, safe_serialization=True)", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hf-gpt2", true, 1e-9)]
    [InlineData("hf-gpt2", false, 5e-5)]
    [InlineData("hf-llama", true, 1e-9)]
    [InlineData("hf-llama", false, 5e-5)]
    public void Logits_are_those_of_transformers(string name, bool reference, double tolerance)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Model($"interop/{name}"), "expected.safetensors"));
        int[] tokens = Array.ConvertAll(golden.ReadIntegers("input_ids"), token => (int)token);
        double[] expected = golden.ReadDoubles("logits_f64");

        using var engine = new Engine(reference ? new ReferenceBackend() : new CpuBackend(2));
        using Gpt model = ModelFolder.Load(Model($"interop/{name}"), engine, reference ? Precision.Fp64 : Precision.Fp32);
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        double[] actual = model.Forward(step.Input(tokens, (2, 24))).ToDoubles();      // (2, 24, 512), no padding

        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));
    }
}
