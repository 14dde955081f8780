namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Bit patterns that the lane types share.</summary>
internal static class LaneConstants
{
    /// <summary>The bits of sqrt 1/2: subtracting them puts a power of two's boundary there instead of at 1.</summary>
    public const int SquareRootOfHalfBits = 0x3F3504F3;

    /// <summary>The exponent bias of binary32.</summary>
    public const int ExponentBias = 127;
}
