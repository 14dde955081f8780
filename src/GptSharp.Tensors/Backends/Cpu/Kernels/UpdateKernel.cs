using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What an optimizer does to a vector of elements.</summary>
internal unsafe interface IUpdateRule
{
    /// <summary>Whether <see cref="Move"/> needs random words.</summary>
    public static abstract bool IsRandom { get; }

    /// <summary>Moves elements index ... index + lanes - 1.</summary>
    /// <param name="index">The first of them.</param>
    /// <param name="words">One random word for each, where the rule needs them.</param>
    /// <param name="lanes">How many, at most a vector.</param>
    public void Move<T>(long index, uint* words, int lanes)
        where T : unmanaged, ILanes<T>;
}

/// <summary>One update of an optimizer in one pass over memory.</summary>
internal static unsafe class UpdateKernel
{
    // For AdamW seven streams of 32 KiB.
    private const int PartLength = 8192;

    // Random words are made for this many elements at a time.
    private const int WordCount = 256;

    /// <summary>Moves elements first ... first + count - 1.</summary>
    /// <param name="rule">How an element moves.</param>
    /// <param name="first">First element.</param>
    /// <param name="count">How many.</param>
    /// <param name="key">What the rounding of element i draws from, together with i, where it is random.</param>
    /// <param name="team">Who computes.</param>
    public static void Run<TRule>(TRule rule, long first, long count, RandomKey key, ThreadTeam team)
        where TRule : struct, IUpdateRule
    {
        if (TRule.IsRandom)
        {
            Philox.RequireElementRange((ulong)first, count);
        }

        LaneDispatch.For(team, Parts.Count(count, PartLength), new Kernel<TRule>(rule, first, count, key));
    }

    private readonly struct Kernel<TRule>(TRule rule, long first, long count, RandomKey key) : ILaneKernel
        where TRule : struct, IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            uint* words = stackalloc uint[TRule.IsRandom ? WordCount : 1];
            int runLength = TRule.IsRandom ? WordCount : PartLength;
            long start = first + ((long)part * PartLength), end = Math.Min(first + count, start + PartLength);
            for (long run = start; run < end; run += runLength)
            {
                int length = (int)Math.Min(runLength, end - run), i = 0;
                if (TRule.IsRandom)
                {
                    new PhiloxFill(words, length, key, (ulong)run).Run<T>();
                }

                for (; i <= length - T.Count; i += T.Count)
                {
                    rule.Move<T>(run + i, words + i, T.Count);
                }

                if (i < length)
                {
                    rule.Move<T>(run + i, words + i, length - i);
                }
            }
        }
    }
}
