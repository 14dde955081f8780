using System.Text.Json;
using GptSharp.Files.Safetensors;

namespace GptSharp.TestKit;

/// <summary>A folder of <c>tests/golden</c> that holds a whole model and what PyTorch computed with it in float64.</summary>
public sealed class GoldenModel
{
    private readonly int _steps;
    private readonly double[] _losses;
    private readonly double[] _gradientNorms;

    /// <summary>Reads <c>golden.json</c> of the folder.</summary>
    public GoldenModel(string folder)
    {
        Folder = folder;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        JsonElement root = document.RootElement;
        JsonElement adamW = root.GetProperty("adamw");
        LearningRate = adamW.GetProperty("lr").GetDouble();
        WeightDecay = adamW.GetProperty("weight_decay").GetDouble();
        Beta1 = adamW.GetProperty("betas")[0].GetDouble();
        Beta2 = adamW.GetProperty("betas")[1].GetDouble();
        Epsilon = adamW.GetProperty("eps").GetDouble();
        Clip = adamW.GetProperty("clip_grad_norm").GetDouble();
        _steps = root.GetProperty("steps").GetInt32();
        _losses = [.. root.GetProperty("losses").EnumerateArray().Select(value => value.GetDouble())];
        _gradientNorms = [.. root.GetProperty("grad_norms").EnumerateArray().Select(value => value.GetDouble())];
    }

    /// <summary>The folder, which is a model folder too.</summary>
    public string Folder { get; }

    /// <summary>The file with batches and results.</summary>
    public string TensorFile => Path.Combine(Folder, "golden.safetensors");

    /// <summary>AdamW steps that were run.</summary>
    public int Steps => _steps;

    /// <summary>AdamW's learning rate.</summary>
    public double LearningRate { get; }

    /// <summary>AdamW's weight decay.</summary>
    public double WeightDecay { get; }

    /// <summary>AdamW's first decay rate.</summary>
    public double Beta1 { get; }

    /// <summary>AdamW's second decay rate.</summary>
    public double Beta2 { get; }

    /// <summary>AdamW's epsilon.</summary>
    public double Epsilon { get; }

    /// <summary>The norm to which gradients were clipped.</summary>
    public double Clip { get; }

    /// <summary>
    /// Compares a trace with the golden results: <c>logits</c>, <c>loss</c>, every <c>grad.</c> and <c>after.</c>, <c>losses</c>
    /// and <c>grad_norms</c>.
    /// </summary>
    /// <returns>The relative L2 distance of each; infinite where the trace lacks a tensor or has another shape.</returns>
    public IReadOnlyList<(string Name, double Distance)> Compare(string traceFile)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(TensorFile);
        using SafetensorsFile trace = SafetensorsFile.Open(traceFile);
        List<(string, double)> distances = [];
        foreach (SafetensorsEntry entry in golden.Entries.Where(entry => entry.Name is not ("tokens" or "targets" or "batches")))
        {
            double[] expected = golden.ReadDoubles(entry.Name);
            bool isThere = trace.Find(entry.Name) is { } found && found.Shape.SequenceEqual(entry.Shape);
            distances.Add((entry.Name, isThere ? Distance(entry.Name, expected, trace.ReadDoubles(entry.Name)) : double.PositiveInfinity));
        }

        foreach ((string name, double[] expected) in ((string, double[])[])[("losses", _losses), ("grad_norms", _gradientNorms)])
        {
            bool isThere = trace.Find(name) is not null;
            distances.Add((name, isThere ? RelativeDistance.Between(expected, trace.ReadDoubles(name)) : double.PositiveInfinity));
        }

        return distances;
    }

    // Softmax ignores what every key of a query shares, so the key third of c_attn.bias has a gradient of exactly zero. What
    // arithmetic gives there is rounding noise, whose relative error means nothing: it is left out of the distance, but has to be
    // as small beside the rest as the rest's distance may be.
    private static double Distance(string name, double[] expected, double[] actual)
    {
        if (!name.StartsWith("grad.", StringComparison.Ordinal) || !name.EndsWith("c_attn.bias", StringComparison.Ordinal))
        {
            return RelativeDistance.Between(expected, actual);
        }

        int width = expected.Length / 3;
        double[] rest = [.. expected[..width], .. expected[(2 * width)..]];
        double noise = Norm(actual[width..(2 * width)]) / Norm(rest);
        return Math.Max(noise, RelativeDistance.Between(rest, [.. actual[..width], .. actual[(2 * width)..]]));
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));
}
