using System.Globalization;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokenizers;
using GptSharp.Interop;
using GptSharp.Interop.HuggingFace;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;

namespace GptSharp.Cli.Inspection;

/// <summary>What a folder in Hugging Face layout says of its model, its tokenizer and its special tokens.</summary>
internal static class HuggingFaceFacts
{
    public static void Add(string folder, GptConfig config, JsonObject metadata, List<(string Heading, string Text)> facts)
    {
        long parameters = new ParameterReport(config).Total;
        metadata["parameters"] = parameters;
        facts.Add(("model", $"{ModelFolder.ModelType(config)}, {Number(config.LayerCount)} layers of {Number(config.Width)} channels, block {Number(config.BlockSize)}"));
        facts.Add(("parameters", Number(parameters)));

        GenerationDefaults generation = HuggingFaceFormat.ReadGeneration(folder, config);
        ITokenizer? tokenizer = HuggingFaceFormat.OpenTokenizer(folder, config);
        metadata["special_tokens"] = new JsonObject
        {
            ["bos"] = generation.BeginToken,
            ["eos"] = new JsonArray([.. generation.EndTokens.Select(token => JsonValue.Create(token))]),
            ["pad"] = generation.PaddingToken,
        };
        metadata["tokenizer"] = tokenizer is null ? null : new JsonObject { ["kind"] = tokenizer.Kind, ["vocabulary"] = tokenizer.VocabularySize };
        facts.Add(("tokenizer", tokenizer is null ? "none" : $"{tokenizer.Kind}, {Number(tokenizer.VocabularySize)} tokens"));
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
