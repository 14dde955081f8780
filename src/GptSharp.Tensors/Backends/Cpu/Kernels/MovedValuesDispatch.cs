namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Work on values of any storage that an optimizer can move.</summary>
internal interface IOptimizerUpdate
{
    public void Run<TValues, TGradient>(TValues values, Tensor gradients)
        where TValues : struct, IMovedValues
        where TGradient : unmanaged;
}

/// <summary>The one place where an optimizer meets the storage of values, master weights and gradients.</summary>
internal static unsafe class MovedValuesDispatch
{
    /// <summary>Runs the update with the storage of its operands.</summary>
    /// <param name="update">The update.</param>
    /// <param name="values">F32 or BF16.</param>
    /// <param name="masterWeights">F32, or none.</param>
    /// <param name="gradients">F32 or BF16.</param>
    public static void Run<TUpdate>(in TUpdate update, Tensor values, Tensor masterWeights, Tensor gradients)
        where TUpdate : struct, IOptimizerUpdate
    {
        float* master = masterWeights.Pointer<float>();
        switch (values.DType, masterWeights.IsNone)
        {
            case (DType.BF16, true):
                Run(update, new RandomlyRoundedValues(values.Pointer<BF16>()), gradients);
                break;
            case (DType.BF16, false):
                Run(update, new MasteredValues<BF16>(values.Pointer<BF16>(), master), gradients);
                break;
            case (_, true):
                Run(update, new SingleValues(values.Pointer<float>()), gradients);
                break;
            default:
                Run(update, new MasteredValues<float>(values.Pointer<float>(), master), gradients);
                break;
        }
    }

    private static void Run<TUpdate, TValues>(in TUpdate update, TValues values, Tensor gradients)
        where TUpdate : struct, IOptimizerUpdate
        where TValues : struct, IMovedValues
    {
        if (gradients.DType == DType.BF16)
        {
            update.Run<TValues, BF16>(values, gradients);
        }
        else
        {
            update.Run<TValues, float>(values, gradients);
        }
    }
}
