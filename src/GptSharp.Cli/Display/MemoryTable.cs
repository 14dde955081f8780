using System.Globalization;
using GptSharp.Nn;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Configuration;
using GptSharp.Training.Memory;

namespace GptSharp.Cli.Display;

/// <summary>What a run will hold, and what it would hold with other settings, in tables of 80 columns.</summary>
internal static class MemoryTable
{
    public static void Write(TextWriter writer, RunConfig config, GptConfig shape, SamplePlan samples, int microBatch, long freeBytes)
    {
        MemoryPlan plan = MemoryPlan.Of(config, shape, microBatch, samples);
        MemoryReport report = plan.Report;
        writer.WriteLine(
            $"memory of a run with micro-batch {microBatch} of {config.Train.Batch}, {config.Model.BlockSize} tokens each, "
            + $"{TrainingPrecisionNames.All[(int)config.Train.Precision]}");
        TextTable table = new("", ">bytes", ">");
        Add("parameters", report.Parameters);
        Add("gradients", report.Gradients);
        Add("master weights", report.MasterWeights);
        Add("moments", report.OptimizerStates);
        Add("constants", report.Sessions);
        Add("copy for checkpoints", report.Snapshots);
        Add("activations and their gradients", report.Steps);
        Add("workspace", report.Workspace);
        Add("caches while sampling", plan.Caches);
        table.Add("peak", Number(plan.Peak), Format.Bytes(plan.Peak));
        table.Write(writer);
        writer.WriteLine(
            $"Of the activations a training step needs {Format.Bytes(plan.TrainingStep)}, an evaluation {Format.Bytes(plan.EvaluationStep)};");
        writer.WriteLine("sampling may need more. The program itself and the data set come on top.");
        writer.WriteLine();

        TextTable recompute = new("recompute", ">kept for backward", ">training step", ">peak");
        foreach (Recompute unit in Units(shape.LayerCount))
        {
            MemoryPlan other = unit == config.Train.Recompute
                ? plan
                : MemoryPlan.Of(config with { Train = config.Train with { Recompute = unit } }, shape, microBatch, samples);
            string mark = unit == config.Train.Recompute ? " *" : "";
            recompute.Add($"{unit}{mark}", Format.Bytes(other.Activations), Format.Bytes(other.TrainingStep), Format.Bytes(other.Peak));
        }

        recompute.Write(writer);
        writer.WriteLine();
        TextTable sizes = new(">micro-batch", ">peak", "");
        long available = config.Train.MemoryLimit ?? freeBytes;
        foreach (int size in RunMemory.Divisors(config.Train.Batch).Take(8))
        {
            long peak = size == microBatch ? plan.Peak : MemoryPlan.Of(config, shape, size, samples).Peak;
            sizes.Add(Number(size), Format.Bytes(peak), peak <= available ? "fits" : "does not fit");
        }

        sizes.Write(writer);
        writer.WriteLine(config.Train.MemoryLimit is null
            ? $"{Format.Bytes(available)} are free here; train.micro_batch: auto leaves a tenth of that."
            : $"train.memory_limit is {Format.Bytes(available)}.");

        void Add(string name, long bytes)
        {
            if (bytes > 0)
            {
                table.Add(name, Number(bytes), Format.Bytes(bytes));
            }
        }
    }

    private static IEnumerable<Recompute> Units(int layers)
    {
        yield return Recompute.None;
        yield return Recompute.Attention;
        yield return Recompute.Block;
        foreach (int blocks in Enumerable.Range(2, 3).Where(blocks => blocks <= layers))
        {
            yield return Recompute.Every(blocks);
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
