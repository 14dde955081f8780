using GptSharp.Files.Onnx;
using GptSharp.Interop.Onnx;
using GptSharp.Nn;
using GptSharp.Nn.Tests;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using static GptSharp.Interop.Tests.Onnx.OnnxRuntime;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>What onnxruntime computes from our graphs, beside what we compute, for every option that a model can have.</summary>
public sealed class GptGraphTests
{
    // Measured: 2.1e-6. At the 1e-4 that is allowed, a constant of GELU could be wrong in its fourth digit.
    private const double Tolerance = 2e-5;

    private static readonly string[] NotExported = ["documents", "everything"];

    [Fact]
    public void Onnxruntime_computes_the_logits_of_every_option_with_cache_and_without()
    {
        using var folder = new TemporaryFolder();
        string[] names = [.. ModelOptions.Names.Select(row => row.Data).Except(NotExported)];
        Dictionary<string, SmallGpt> models = names.ToDictionary(name => name, name => ModelOptions.NewModel(name, new CpuBackend(threads: 1), DType.F32));
        List<Job> jobs = [];
        foreach ((string name, SmallGpt small) in models)
        {
            string path = folder.At(name + ".onnx");
            OnnxWriter.Save(path, GptGraph.Of(small.Model));
            int[][] rows = [.. small.Tokens.Chunk(SmallGpt.Time)];
            jobs.Add(Job.Of(path, rows, SmallGpt.Time));
            jobs.Add(Job.Of(path, rows, [4, .. Enumerable.Repeat(1, SmallGpt.Time - 4)]));
            jobs.Add(Job.Of(path, rows, 1, 3, 5));
            jobs.Add(Padded(path, rows));
        }

        IReadOnlyList<Result> results = RunOrSkip(jobs);

        Assert.Equal(jobs.Count, results.Count);
        List<string> faults = [];
        foreach ((Job job, Result result) in jobs.Zip(results))
        {
            string name = Path.GetFileNameWithoutExtension(job.Model);
            double distance = Distance(models[name], job, result);
            if (!(distance <= Tolerance))
            {
                faults.Add($"{name}, steps of {string.Join(", ", job.Steps.Select(step => step.Tokens[0].Length))}: {distance:E1}");
            }
        }

        foreach (SmallGpt small in models.Values)
        {
            small.Dispose();
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    // Prompts of 5, 2, 4 and 1 tokens with padding before them, and one after the second's; then one more token at a time.
    private static Job Padded(string path, int[][] rows)
    {
        int[] before = [0, 2, 1, 4];
        int[] after = [0, 1, 0, 0];
        var mask = rows.Select((_, b) => Enumerable.Range(0, 5).Select(t => t >= before[b] && t < 5 - after[b] ? 1 : 0).ToList()).ToArray();
        List<Feed> steps = [new(
            [.. rows.Select((row, b) => mask[b].Select((real, t) => real == 1 ? row[t - before[b]] : 0).ToArray())],
            [.. mask.Select(row => row.ToArray())],
            [.. mask.Select((row, b) => row.Select((real, t) => real == 1 ? t - before[b] : 1).ToArray())])];
        for (int more = 0; more < 4; more++)
        {
            Array.ForEach(mask, row => row.Add(1));
            int[] places = [.. mask.Select(row => row.Sum() - 1)];
            steps.Add(new Feed(
                [.. rows.Select((row, b) => new[] { row[places[b]] })],
                [.. mask.Select(row => row.ToArray())],
                [.. places.Select(place => new[] { place })]));
        }

        return new Job(path, steps);
    }

    // The largest difference of any logit of any token that is no padding.
    private static double Distance(SmallGpt small, Job job, Result result)
    {
        double[] expected = small.Logits();                                                     // (B, T, Vp)
        (int vocabulary, int padded) = (small.Model.Config.VocabularySize, small.Model.Config.PaddedVocabularySize);
        double worst = 0;
        for (int s = 0; s < job.Steps.Count; s++)
        {
            Feed step = job.Steps[s];
            int added = step.Tokens[0].Length;
            Assert.Equal(step.Tokens.Length * added * vocabulary, result.Logits[s].Length);
            for (int row = 0; row < step.Tokens.Length * added; row++)
            {
                (int b, int n) = (row / added, row % added);
                int[] mask = step.Mask[b];
                if (mask[mask.Length - added + n] == 0)
                {
                    continue;
                }

                int place = (b * SmallGpt.Time) + step.Positions[b][n];
                for (int v = 0; v < vocabulary; v++)
                {
                    double difference = Math.Abs(result.Logits[s][(row * vocabulary) + v] - expected[(place * padded) + v]);
                    worst = double.IsNaN(difference) ? difference : Math.Max(worst, difference);
                }
            }
        }

        return worst;
    }
}
