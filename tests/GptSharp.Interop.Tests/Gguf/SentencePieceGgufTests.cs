using System.Text.Json;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokenizers;
using GptSharp.Interop.Gguf;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>LLaMA 2's kind of tokenizer (characters, byte fallback, a space before every text) becomes SentencePiece's with scores, and llama.cpp divides texts alike.</summary>
public sealed class SentencePieceGgufTests(TrainedModels trained)
{
    private static readonly string[] Texts =
    [
        "Tom the rat used his spade.", " One hot night", "  two  spaces ", "naïve café 日本 🙂", "a\nb\n\nc", "<0x0A>", "▁", "x", "",
        "the</s>the", "<s>", "so<|sep|>many", "TTTTTTTTTT the the the",
    ];

    [Fact]
    public void Llama_cpp_divides_texts_alike()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        string json = Tokenizer(trained.Page);
        ITokenizer tokenizer = TokenizerFile.FromJson(json, "tokenizer.json");
        var model = new Gpt(engine, new GptConfig
        {
            VocabularySize = tokenizer.VocabularySize + 3,
            BlockSize = 32,
            LayerCount = 1,
            HeadCount = 2,
            Width = 32,
            Bias = false,
            Norm = NormKind.RMSNorm,
            Activation = MlpActivation.Swiglu,
            Positions = PositionEncoding.Rope,
        });
        string path = folder.At("model.gguf");
        using (var package = new ModelPackage(model, tokenizer, new GenerationDefaults(1, [2], null)))
        {
            package.Save(path, new GgufFormat(), new ExportOptions());
        }

        string[] texts = [.. Texts, trained.Page];
        LlamaCppAnswer answer = LlamaCpp.AskOrSkip(new LlamaCppRequest(path) { Texts = texts })[0];
        using ModelPackage again = ModelPackage.Open(path, engine, Precision.Fp32);

        Assert.Equal(texts.Select(tokenizer.Encode), answer.Special);
        Assert.Equal((1, 2), (answer.Begin, answer.End));
        Assert.Equal(texts.Select(tokenizer.Encode), texts.Select(again.Tokenizer!.Encode));
        Assert.Equal(texts.Select(text => ((TextTokenizer)tokenizer).Encode(text, withTemplate: true)), texts.Select(text => ((TextTokenizer)again.Tokenizer!).Encode(text, withTemplate: true)));
        Assert.Equal((1, 2), (again.Generation.BeginToken, again.Generation.EndTokens.Single()));
    }

    [Fact]
    public void Merges_that_scores_cannot_say_are_refused()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        JsonNode json = JsonNode.Parse(Tokenizer(trained.Page))!;
        json["model"]!["merges"]!.AsArray().RemoveAt(40);
        ITokenizer tokenizer = TokenizerFile.FromJson(json.ToJsonString(), "tokenizer.json");
        using var package = new ModelPackage(
            new Gpt(engine, new GptConfig { VocabularySize = tokenizer.VocabularySize, BlockSize = 8, LayerCount = 1, HeadCount = 1, Width = 8 }),
            tokenizer, GenerationDefaults.None);

        ConfigurationException error = Assert.Throws<ConfigurationException>(() => package.Save(folder.At("m.gguf"), new GgufFormat(), new ExportOptions()));

        Assert.Contains("though they make a token", error.Message, StringComparison.Ordinal);
    }

    // A vocabulary that a textbook trainer learns: special tokens, bytes, characters, then the 60 most frequent pairs, one after the other.
    private static string Tokenizer(string text)
    {
        List<string> tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
        List<string> symbols = [.. text.Replace(' ', '\u2581').Select(character => character.ToString())];
        tokens.AddRange(symbols.Append("\u2581").Distinct().Where(symbol => symbol != "\n").Order(StringComparer.Ordinal));
        for (int merge = 0; merge < 60; merge++)
        {
            (string left, string right) = symbols.Zip(symbols.Skip(1)).Where(pair => pair.First != "\n" && pair.Second != "\n")
                .GroupBy(pair => pair).OrderByDescending(group => group.Count()).ThenBy(group => group.Key.First + group.Key.Second, StringComparer.Ordinal).First().Key;
            if (!tokens.Contains(left + right))
            {
                tokens.Add(left + right);
            }

            for (int i = 0; i < symbols.Count - 1; i++)
            {
                if (symbols[i] == left && symbols[i + 1] == right)
                {
                    symbols[i] += right;
                    symbols.RemoveAt(i + 1);
                }
            }
        }

        int separator = tokens.Count;
        var vocabulary = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));
        var merges = new JsonArray();
        foreach (string token in tokens.Skip(259).Where(token => token.Length > 1))
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (tokens.IndexOf(token[..cut]) >= 259 && tokens.IndexOf(token[cut..]) >= 259)
                {
                    merges.Add(new JsonArray(token[..cut], token[cut..]));
                }
            }
        }

        static JsonObject Added(int id, string content, bool special) => new()
        {
            ["id"] = id,
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = special,
        };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(0, "<unk>", true), Added(1, "<s>", true), Added(2, "</s>", true), Added(separator, "<|sep|>", false)),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = JsonNode.Parse("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = "<unk>",
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = merges,
            },
        }.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
