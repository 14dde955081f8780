namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>An <see cref="ActivationFunction"/> of a register: a type, so that a loop is compiled per function and asks nothing per element.</summary>
internal interface IActivation
{
    /// <summary>f(x).</summary>
    public static abstract T Value<T>(T x)
        where T : unmanaged, ILanes<T>;

    /// <summary>f'(x), and f(x), which shares its exponential; the JIT drops the one that is not used.</summary>
    public static abstract T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>;
}

/// <summary>Work that is compiled once per activation function.</summary>
internal interface IActivationUse
{
    public void Run<TActivation>()
        where TActivation : struct, IActivation;
}

/// <summary>The one place where a number of the enumeration becomes a type.</summary>
internal static class ActivationDispatch
{
    /// <summary>Runs the work with the type of <paramref name="function"/>.</summary>
    public static void Run<TUse>(ActivationFunction function, in TUse use)
        where TUse : struct, IActivationUse
    {
        switch (function)
        {
            case ActivationFunction.Identity:
                use.Run<Identity>();
                break;
            case ActivationFunction.Sigmoid:
                use.Run<Sigmoid>();
                break;
            case ActivationFunction.Relu:
                use.Run<Relu>();
                break;
            case ActivationFunction.Swish:
                use.Run<Swish>();
                break;
            case ActivationFunction.GeluTanh:
                use.Run<GeluTanh>();
                break;
            case ActivationFunction.GeluErf:
                use.Run<GeluErf>();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }
}
