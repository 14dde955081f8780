namespace GptSharp.Ptx;

/// <summary>What a kernel takes of a multiprocessor.</summary>
/// <param name="MaxLiveRegisters">Most 32-bit registers alive at once in a thread; an assembler usually needs 0 to 25 % more.</param>
/// <param name="StaticSharedBytes">Bytes of the shared variables that are declared with a size.</param>
/// <param name="LocalBytes">Bytes of local memory per thread.</param>
public sealed record KernelResources(int MaxLiveRegisters, int StaticSharedBytes, int LocalBytes);
