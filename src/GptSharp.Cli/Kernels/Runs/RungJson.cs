using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Kernels.Runs;

/// <summary>Tells a program what rungs did: one JSON object.</summary>
internal static class RungJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Write(
        KernelFamily family, IReadOnlyDictionary<string, int> shape, IReadOnlyList<RungResult> results, TextWriter writer) =>
        writer.WriteLine(JsonSerializer.Serialize(
            new
            {
                Family = family.Name,
                Shape = shape,
                Rungs = results.Select(result => Describe(family, result)),
            },
            Options));

    private static object Describe(KernelFamily family, RungResult result) => new
    {
        result.Rung.Number,
        result.Rung.Name,
        result.Rung.Header.Idea,
        Type = result.Rung.TypeIn(family),
        result.Rung.Header.Counter,
        Kernel = result.Rung.Kernel.Name,
        Grid = result.Shape is { } grid ? (int[])[grid.GridX, grid.GridY, grid.GridZ] : null,
        result.Shape?.Threads,
        result.Shape?.SharedBytes,
        TakesShape = result.Shape is not null,
        Correct = result.Shape is null ? (bool?)null : result.IsCorrect,
        result.Wrong,
        result.Problem.Flops,
        result.Problem.MinimumBytes,
        Counters = result.Counters is null ? null : RungCounters.Names.ToDictionary(JsonName, result.Counter),
        Model = result.Counters is { } launch ? GpuModel.All.Select(gpu => Describe(Roofline.Model(launch, gpu))) : null,
        result.Measured,
    };

    private static object Describe(Roofline model) => new
    {
        Label = "model",
        Gpu = model.Gpu.Name,
        model.Bound.Microseconds,
        Bound = model.Bound.Name,
        model.BlocksPerMultiprocessor,
    };

    // sectorsPerRequest
    private static string JsonName(string name)
    {
        string[] words = name.Split(' ');
        return string.Concat(words.Select((word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
    }
}
