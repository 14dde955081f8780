using GptSharp.Ptx.Counters;

namespace GptSharp.Kernels.Tests;

/// <summary>Instructions that a GPU issues, from what the emulator counted.</summary>
internal static class InstructionCounts
{
    /// <summary>
    /// Instructions of a thread per element. Without moves between registers, which the assembler renames, and without loads of
    /// parameters, which are operands of instructions.
    /// </summary>
    public static double PerElement(LaunchCounters counters, long elements) =>
        32.0 * (counters.WarpInstructions - counters.Count(InstructionClass.Move) - counters.Count(InstructionClass.Constant)) / elements;
}
