using System.Text.Json;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>transformers.js, driven by <c>tests/interop/onnx-generate.mjs</c>.</summary>
internal static class TransformersJs
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Opens exported folders and continues prompts greedily. Skips the test where there is no transformers.js.</summary>
    public static IReadOnlyList<Result> GenerateOrSkip(params IReadOnlyList<Job> jobs)
    {
        string input = string.Concat(jobs.Select(job => JsonSerializer.Serialize(job, Json) + "\n"));
        string output = NodeProgram.RunOrSkip("onnx-generate.mjs", "@huggingface/transformers", input);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Result>(line, Json)!)];
    }

    /// <summary>What to continue.</summary>
    /// <param name="Folder">The exported folder.</param>
    /// <param name="Prompts">The texts.</param>
    /// <param name="Tokens">Number of new tokens.</param>
    /// <param name="Dtype">The type to ask for; null for what config.json says.</param>
    internal sealed record Job(string Folder, IReadOnlyList<string> Prompts, int Tokens, string? Dtype = "fp32");

    /// <summary>What came out.</summary>
    /// <param name="Alone">For each prompt.</param>
    /// <param name="Batch">The new ids of all prompts as one padded batch; null without a token to pad with.</param>
    internal sealed record Result(Continuation[] Alone, int[][]? Batch);

    /// <summary>One prompt and its continuation.</summary>
    /// <param name="Prompt">The prompt's ids.</param>
    /// <param name="Ids">The new ids.</param>
    /// <param name="Text">The text of both.</param>
    internal sealed record Continuation(
        int[] Prompt, [property: System.Text.Json.Serialization.JsonPropertyName("continuation")] int[] Ids, string Text);
}
