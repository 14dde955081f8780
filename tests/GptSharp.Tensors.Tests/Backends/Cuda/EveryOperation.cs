using System.Reflection;
using GptSharp.Tensors.Memory;
using GptSharp.Tensors.Tests.Ops;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>Runs everything that the conformance suite runs, once, and looks at no result.</summary>
internal static class EveryOperation
{
    private const int Count = 77;

    /// <summary>The cases of all operations, and the operations without cases in every signature.</summary>
    /// <param name="engine">On which engine.</param>
    /// <param name="precision">How the cases are stored.</param>
    public static void Run(Engine engine, Precision precision)
    {
        foreach (OpCase opCase in Cases())
        {
            OpResult.Of(engine, opCase, precision, passes: opCase.Differentiable ? 2 : 1);
        }

        using Step step = engine.BeginStep(StepOptions.Evaluate);
        foreach (DType[] types in Signatures(CopyOp.Info, engine))
        {
            step.Run(new CopyOp(step.New(Count, types[0]), step.New(Count, types[1])));
        }

        foreach (DType[] types in Signatures(FillOp.Info, engine))
        {
            step.Run(new FillOp(step.New(Count, types[0]), 1));
        }

        foreach (bool hasMaster in (bool[])[false, true])
        {
            foreach (DType[] types in Signatures(AdamWOp.Info, engine))
            {
                Tensor[] t = [.. types.Select(type => step.New(Count, type))];
                step.Run(new AdamWOp(
                    t[0], hasMaster ? t[1] : Tensor.None, t[2], t[3], t[4], Tensor.None, 0, Count, new AdamWScalars(0.1, 0.9, 0.9, 1, 0, 1, 1)));
            }

            foreach (DType[] types in Signatures(SgdOp.Info, engine))
            {
                Tensor[] t = [.. types.Select(type => step.New(Count, type))];
                step.Run(new SgdOp(
                    t[0], hasMaster ? t[1] : Tensor.None, t[2], t[3], Tensor.None, 0, Count, new SgdScalars(0.1, 0.9, hasMaster, 0, 1)));
            }
        }
    }

    private static IEnumerable<DType[]> Signatures(OpInfo info, Engine engine) =>
        from signature in info.Signatures
        where signature.All(engine.Backend.Supports)
        select (DType[])[.. signature];

    private static IEnumerable<OpCase> Cases() =>
        from type in typeof(IOpCases).Assembly.GetTypes()
        where type.IsClass && !type.IsAbstract && typeof(IOpCases).IsAssignableFrom(type)
        from opCase in (IReadOnlyList<OpCase>)type.GetProperty(nameof(IOpCases.Cases), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!
        select opCase;
}
