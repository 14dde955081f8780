namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Whether a norm takes the mean off a row: a type, so that <see cref="NormRow"/> is compiled for either and asks nothing.</summary>
internal interface ICentering
{
    public static abstract bool SubtractsMean { get; }
}

/// <summary>LayerNorm.</summary>
internal readonly struct Centered : ICentering
{
    public static bool SubtractsMean => true;
}

/// <summary>RMSNorm: the mean counts as 0, for the row and for its gradient.</summary>
internal readonly struct Uncentered : ICentering
{
    public static bool SubtractsMean => false;
}
