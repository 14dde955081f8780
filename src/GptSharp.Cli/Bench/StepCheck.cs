using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Reference;
using GptSharp.Tensors.Memory;

namespace GptSharp.Cli.Bench;

/// <summary>Evidence that a measured step is a whole one: its loss, and how many parameters it moves.</summary>
/// <param name="Loss">Loss of the first batch with the first weights, in nats per token.</param>
/// <param name="ChangedParameters">Parameters that the first step changed.</param>
/// <param name="Parameters">Parameters that there are.</param>
/// <param name="ReferenceLoss">The same loss in float64 by the Reference backend, if it was asked for.</param>
internal sealed record StepCheck(double Loss, long ChangedParameters, long Parameters, double? ReferenceLoss)
{
    /// <summary>Takes the first step of a workload.</summary>
    /// <param name="shape">The workload's shape.</param>
    /// <param name="workload">A workload that has not run yet.</param>
    /// <param name="withReference">Whether to compute the loss on the Reference backend, too: minutes for a large model.</param>
    public static StepCheck Run(StepShape shape, StepWorkload workload, bool withReference)
    {
        Gpt model = workload.Model;
        double loss = workload.ForwardLoss(batch: 0);
        Dictionary<Parameter, float[]> before = model.Arena.Parameters.ToDictionary(parameter => parameter, Values);
        workload.Run();
        (long changed, long all) = (0, 0);
        foreach ((Parameter parameter, float[] old) in before)
        {
            float[] now = Values(parameter);
            int count = checked((int)model.LogicalCount(parameter));
            all += count;
            for (int i = 0; i < count; i++)
            {
                changed += now[i] != old[i] ? 1 : 0;
            }
        }

        if (!withReference)
        {
            return new(loss, changed, all, ReferenceLoss: null);
        }

        using var reference = new StepWorkload(shape, new ReferenceBackend(), Precision.Fp64);
        return new(loss, changed, all, reference.ForwardLoss(batch: 0));

        static float[] Values(Parameter parameter)
        {
            Tensor precise = parameter.MasterWeights.IsNone ? parameter.Value : parameter.MasterWeights;
            var values = new float[precise.Count];
            precise.Download<float>(values);
            return values;
        }
    }
}
