using System.Globalization;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Reference;
using GptSharp.Tensors.Memory;

namespace GptSharp.Cli.Bench;

/// <summary>Evidence that a measured step is a whole one: its loss, and how many parameters it moves.</summary>
/// <remarks>
/// A single step may leave a parameter where it is though it is trained: the gradient of a key's bias is zero but for rounding, since softmax
/// does not see what all scores of a row have in common, and now and then rounding leaves exactly zero; or a weight's decay cancels its
/// update to the last bit. Only what none of <see cref="Steps"/> steps moves is not trained.
/// </remarks>
/// <param name="Loss">Loss of the first batch with the first weights, in nats per token.</param>
/// <param name="ChangedByFirstStep">Parameters that the first step changed.</param>
/// <param name="ChangedParameters">Parameters that any of the first <see cref="Steps"/> steps changed.</param>
/// <param name="Parameters">Parameters that there are.</param>
/// <param name="ReferenceLoss">The same loss in float64 by the Reference backend, if it was asked for.</param>
internal sealed record StepCheck(double Loss, long ChangedByFirstStep, long ChangedParameters, long Parameters, double? ReferenceLoss)
{
    /// <summary>Steps that have the chance to change a parameter.</summary>
    public const int Steps = 3;

    /// <summary>Takes the first steps of a workload.</summary>
    /// <param name="shape">The workload's shape.</param>
    /// <param name="workload">A workload that has not run yet.</param>
    /// <param name="withReference">Whether to compute the loss on the Reference backend, too: a minute for GPT-2 124M.</param>
    public static StepCheck Run(StepShape shape, StepWorkload workload, bool withReference)
    {
        Gpt model = workload.Model;
        double loss = workload.ForwardLoss(batch: 0);
        Dictionary<Parameter, float[]> before = model.Arena.Parameters.ToDictionary(parameter => parameter, Values);
        workload.Run();
        List<(Parameter Parameter, int Index)> still = [.. before.SelectMany(entry => Unchanged(model, entry.Key, entry.Value))];
        long all = model.ParameterCount;
        long first = all - still.Count;
        for (int i = 1; i < Steps; i++)
        {
            workload.Run();
            still = [.. still
                .GroupBy(entry => entry.Parameter, entry => entry.Index)
                .SelectMany(group => Unchanged(model, group.Key, before[group.Key]).Intersect(group.Select(index => (group.Key, index))))];
        }

        long changed = all - still.Count;
        if (!withReference)
        {
            return new(loss, first, changed, all, ReferenceLoss: null);
        }

        using var reference = new StepWorkload(shape, new ReferenceBackend(), Precision.Fp64);
        return new(loss, first, changed, all, reference.ForwardLoss(batch: 0));
    }

    /// <summary>In words.</summary>
    public override string ToString()
    {
        string reference = ReferenceLoss is { } exact
            ? string.Create(CultureInfo.InvariantCulture, $" (Reference: {exact:0.0000000}, {Math.Abs(Loss - exact) / exact:0.0e+0} of it away)")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"loss of the first batch {Loss:0.0000000}{reference}; the first {Steps} steps changed {ChangedParameters:#,0} of {Parameters:#,0} parameters, the first alone {ChangedByFirstStep:#,0}.");
    }

    // Padding left out.
    private static IEnumerable<(Parameter Parameter, int Index)> Unchanged(Gpt model, Parameter parameter, float[] old)
    {
        float[] now = Values(parameter);
        return Enumerable.Range(0, checked((int)model.LogicalCount(parameter))).Where(i => now[i] == old[i]).Select(i => (parameter, i));
    }

    private static float[] Values(Parameter parameter)
    {
        var values = new float[parameter.PreciseValue.Count];
        parameter.PreciseValue.Download<float>(values);
        return values;
    }
}
