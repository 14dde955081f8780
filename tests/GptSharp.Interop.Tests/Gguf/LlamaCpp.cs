using System.Text.Json;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>llama.cpp, driven by <c>tests/interop/llama.mjs</c>; a test that asks it is skipped where it is not installed.</summary>
internal static class LlamaCpp
{
    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    public static LlamaCppAnswer[] AskOrSkip(params IEnumerable<LlamaCppRequest> requests) => JsonSerializer.Deserialize<LlamaCppAnswer[]>(
        NodeProgram.RunOrSkip("llama.mjs", "node-llama-cpp", JsonSerializer.Serialize(requests, CamelCase)), CamelCase)!;
}

/// <summary>What is asked of a model: the tokens of texts, the logits of sequences, greedy continuations of prompts.</summary>
internal sealed record LlamaCppRequest(string Model)
{
    public IReadOnlyList<string> Texts { get; init; } = [];

    public IReadOnlyList<int[]> Sequences { get; init; } = [];

    public IReadOnlyList<int[]> Prompts { get; init; } = [];

    public int Count { get; init; }
}

/// <summary>The answer, in the order of what was asked.</summary>
internal sealed record LlamaCppAnswer(
    int[][] Tokens, int[][] Special, float[][][] Logits, int[][] Generated, string[] Decoded, int? Begin, int? End);
