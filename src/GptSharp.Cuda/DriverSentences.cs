namespace GptSharp.Cuda;

/// <summary>What both drivers say in the same words, so that a program that runs on the emulator runs on a GPU.</summary>
internal static class DriverSentences
{
    /// <summary>Something else than a launch came during a capture.</summary>
    public static CudaException InCapture(string what) =>
        new($"A {what} came while launches were being captured; a graph holds nothing but launches.");

    /// <summary>A capture was ended without a beginning.</summary>
    public static CudaException NoCapture() => new("A capture was ended that was not begun.");

    /// <summary>A kernel of another driver was launched.</summary>
    public static CudaException ForeignKernel(CudaKernel kernel) => new($"The kernel {kernel.Name} was not loaded by this driver.");

    /// <summary>A graph of another driver was launched.</summary>
    public static CudaException ForeignGraph() => new("The graph was not captured by this driver.");

    /// <summary>A kernel does not fit into the registers.</summary>
    public static string Spills(CudaKernel kernel) =>
        $"The kernel {kernel.Name} does not fit into the registers ({kernel.Registers}): {kernel.LocalBytes} bytes per thread went into slow local memory.";

    /// <summary>A copy or fill at address 0.</summary>
    public static CudaException NullPointer(string what, string bytes) => new($"{what}: {bytes} bytes at a null pointer.");
}
