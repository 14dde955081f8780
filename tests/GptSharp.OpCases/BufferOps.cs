using GptSharp.Tensors;

namespace GptSharp.OpCases;

/// <summary>
/// The operations that pass over whole buffers instead of taking part in a forward pass (copy, fill, the optimizers), each in every
/// signature that a backend supports. Tests of their own say whether their results are right.
/// </summary>
public static class BufferOps
{
    /// <summary>Runs each once, on ones.</summary>
    /// <param name="engine">On which engine.</param>
    /// <param name="count">Elements of each buffer.</param>
    public static void Run(Engine engine, int count)
    {
        ArgumentNullException.ThrowIfNull(engine);
        foreach (DType[] types in Signatures(FillOp.Info, engine))
        {
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Ones(step, count, types);
        }

        foreach (DType[] types in Signatures(CopyOp.Info, engine))
        {
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Tensor[] t = Ones(step, count, types);
            step.Run(new CopyOp(t[0], t[1]));
        }

        foreach (bool hasMaster in (bool[])[false, true])
        {
            foreach (DType[] types in Signatures(AdamWOp.Info, engine))
            {
                using Step step = engine.BeginStep(StepOptions.Evaluate);
                Tensor[] t = Ones(step, count, types);
                step.Run(new AdamWOp(
                    t[0], hasMaster ? t[1] : Tensor.None, t[2], t[3], t[4], Tensor.None, 0, count, new AdamWScalars(0.1, 0.9, 0.9, 1, 0, 1, 1)));
            }

            foreach (DType[] types in Signatures(SgdOp.Info, engine))
            {
                using Step step = engine.BeginStep(StepOptions.Evaluate);
                Tensor[] t = Ones(step, count, types);
                step.Run(new SgdOp(
                    t[0], hasMaster ? t[1] : Tensor.None, t[2], t[3], Tensor.None, 0, count, new SgdScalars(0.1, 0.9, hasMaster, 0, 1)));
            }
        }
    }

    private static IEnumerable<DType[]> Signatures(OpInfo info, Engine engine) =>
        from signature in info.Signatures
        where signature.All(engine.Backend.Supports)
        select (DType[])[.. signature];

    private static Tensor[] Ones(Step step, int count, DType[] types)
    {
        Tensor[] tensors = Array.ConvertAll(types, type => step.New(count, type));
        foreach (Tensor tensor in tensors)
        {
            step.Run(new FillOp(tensor, 1));
        }

        return tensors;
    }
}
