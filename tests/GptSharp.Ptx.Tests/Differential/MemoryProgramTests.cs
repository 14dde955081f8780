using Xunit;

namespace GptSharp.Ptx.Tests.Differential;

/// <summary>
/// Random programs over local, shared and global memory agree to the bit with the processor, optimised (values in registers, generic
/// pointers resolved) and not (everything in memory, calls with parameters), and no check complains.
/// </summary>
public class MemoryProgramTests
{
    [Theory]
    [InlineData("-O2", 11, 5)]
    [InlineData("-O1", 12, 4)]
    [InlineData("-O0", 13, 3)]
    public void Programs_agree_with_the_processor(string optimisation, int seed, int functionCount)
    {
        Clang.SkipIfMissing();
        var generator = new MemoryProgramGenerator(seed);
        string[] functions = [.. Enumerable.Range(0, functionCount).Select(generator.Function)];
        TwoTargets.Compare(
            "Memory", MemoryProgramGenerator.Prelude + '\n' + string.Join('\n', functions), functionCount, optimisation, index => functions[index],
            Inputs.Draw(seed + 100, TwoTargets.InputCount));
    }
}
