using GptSharp.OpCases;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>Runs everything that the conformance suite runs, once, and looks at no result.</summary>
internal static class EveryOperation
{
    /// <summary>The cases of all operations, and the operations without cases in every signature.</summary>
    /// <param name="engine">On which engine.</param>
    /// <param name="precision">How the cases are stored.</param>
    public static void Run(Engine engine, Precision precision)
    {
        foreach (OpCase opCase in OpSuite.Cases)
        {
            OpResult.Of(engine, opCase, precision, passes: opCase.Differentiable ? 2 : 1);
        }

        BufferOps.Run(engine, count: 77);
    }
}
