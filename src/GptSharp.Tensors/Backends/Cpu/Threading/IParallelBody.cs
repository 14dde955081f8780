namespace GptSharp.Tensors.Backends.Cpu.Threading;

/// <summary>Work that is split into numbered parts which any thread may run, in any order.</summary>
internal interface IParallelBody
{
    /// <summary>Runs one part.</summary>
    void Run(int index);
}
