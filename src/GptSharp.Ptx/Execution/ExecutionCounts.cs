using System.Numerics;
using System.Runtime.CompilerServices;

namespace GptSharp.Ptx.Execution;

/// <summary>How often each step of a program ran, and with how many lanes.</summary>
/// <param name="steps">Number of steps of the program.</param>
internal sealed class ExecutionCounts(int steps)
{
    /// <summary>Executions by warps.</summary>
    public long[] Executions { get; } = new long[steps];

    /// <summary>Active lanes of all executions.</summary>
    public long[] Lanes { get; } = new long[steps];

    /// <summary>Counts one execution.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int step, uint mask)
    {
        Executions[step]++;
        Lanes[step] += BitOperations.PopCount(mask);
    }

    /// <summary>Adds the counts of another worker.</summary>
    public void Add(ExecutionCounts other)
    {
        for (int step = 0; step < Executions.Length; step++)
        {
            Executions[step] += other.Executions[step];
            Lanes[step] += other.Lanes[step];
        }
    }
}
