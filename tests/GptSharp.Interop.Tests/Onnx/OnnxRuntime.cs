using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>onnxruntime, driven by <c>tests/interop/onnx-logits.mjs</c>.</summary>
internal static class OnnxRuntime
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Runs models, each on its steps; the steps of a model share one cache. Skips the test where there is no onnxruntime.</summary>
    public static IReadOnlyList<Result> RunOrSkip(params IReadOnlyList<Job> jobs)
    {
        string input = string.Concat(jobs.Select(job => JsonSerializer.Serialize(job, Json) + "\n"));
        string output = NodeProgram.RunOrSkip("onnx-logits.mjs", "onnxruntime-node", input);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Result>(line, Json)!)];
    }

    /// <summary>What to run.</summary>
    /// <param name="Model">The file.</param>
    /// <param name="Steps">New tokens after new tokens.</param>
    internal sealed record Job(string Model, IReadOnlyList<Feed> Steps)
    {
        /// <summary>The tokens of sequences of equal length, cut into steps of so many.</summary>
        public static Job Of(string model, int[][] tokens, params int[] lengths)
        {
            var steps = new List<Feed>();
            int start = 0;
            foreach (int length in lengths)
            {
                Range range = start..(start + length);
                int end = start + length;
                steps.Add(new Feed(
                    [.. tokens.Select(row => row[range])],
                    [.. tokens.Select(_ => Enumerable.Repeat(1, end).ToArray())],
                    [.. tokens.Select(_ => Enumerable.Range(end - length, length).ToArray())]));
                start = end;
            }

            return new Job(model, steps);
        }
    }

    /// <summary>New tokens of every sequence of a batch.</summary>
    /// <param name="Tokens">(B, N).</param>
    /// <param name="Mask">(B, T): 1 for tokens, 0 for padding; the past's as well.</param>
    /// <param name="Positions">(B, N).</param>
    internal sealed record Feed(int[][] Tokens, int[][] Mask, int[][] Positions);

    /// <summary>What came out.</summary>
    /// <param name="Inputs">Names of the model's inputs.</param>
    /// <param name="Outputs">Names of the model's outputs.</param>
    /// <param name="LogitBytes">Of each step (B, N, V), in base64.</param>
    /// <param name="Cache">Axes of the first layer's keys after the last step.</param>
    internal sealed record Result(
        string[] Inputs, string[] Outputs, [property: JsonPropertyName("logits")] byte[][] LogitBytes, int[] Cache)
    {
        /// <summary>Of each step (B, N, V).</summary>
        [JsonIgnore]
        public float[][] Logits => Array.ConvertAll(LogitBytes, bytes => MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }
}
