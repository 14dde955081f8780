using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using GptSharp.Tensors.Backends.Cpu.Assembly;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Speed;

/// <summary>
/// What a number of threads of this machine can do at best, measured: a processor's name says little about it. Other work on the machine
/// makes the figures too low, so the best of several repetitions counts; each is measured once in a process.
/// </summary>
public static class CpuSpeed
{
    private const int ElementsPerThread = 1 << 24;    // 64 MiB an array
    private const int Stagger = 336;                  // a third of a page and a little

    private static readonly ConcurrentDictionary<(int Threads, SimdPath Path), Lazy<double>> Arithmetic = [];
    private static readonly ConcurrentDictionary<(int Threads, SimdPath Path, StreamKind Stream), Lazy<double>> Bandwidth = [];
    private static readonly ConcurrentDictionary<int, Lazy<double>> DotProducts = [];

    /// <summary>Operations per second of fused multiply-adds in registers, two each, in binary32; measured in a tenth of a second.</summary>
    public static double FlopsPerSecond(int threads, SimdPath path) => Arithmetic.GetOrAdd(
        (threads, path), key => new(() => FlopsPerSecondNow(key.Threads, key.Path))).Value;

    /// <summary>The same, measured again.</summary>
    public static double FlopsPerSecondNow(int threads, SimdPath path) => MeasureArithmetic(threads, path, repetitions: 25, rounds: 2_000_000);

    /// <summary>
    /// Operations per second of BF16 dot products in registers, four for each pair of terms; null where the processor has none.
    /// </summary>
    public static double? DotProductFlopsPerSecond(int threads) => !DotProductChain.IsAvailable
        ? null
        : DotProducts.GetOrAdd(threads, key => new(() => DotProductFlopsPerSecondNow(key)!.Value)).Value;

    /// <summary>The same, measured again.</summary>
    public static double? DotProductFlopsPerSecondNow(int threads) =>
        DotProductChain.IsAvailable ? MeasureDotProducts(threads, repetitions: 25, rounds: 2_000_000) : null;

    /// <summary>
    /// Bytes per second of a stream over memory, reads and writes counted. Measured in about half a second, in up to 256 MiB
    /// per thread that are given back.
    /// </summary>
    public static double BytesPerSecond(int threads, SimdPath path, StreamKind stream = StreamKind.Triad) => Bandwidth.GetOrAdd(
        (threads, path, stream), key => new(() => BytesPerSecondNow(key.Threads, key.Path, key.Stream))).Value;

    /// <summary>The same, measured again.</summary>
    public static double BytesPerSecondNow(int threads, SimdPath path, StreamKind stream) => MeasureBandwidth(threads, path, stream, repetitions: 4);

    /// <summary>Seconds that it takes to gather all threads of a backend for a loop, the median of some hundred.</summary>
    public static double DispatchSeconds(CpuBackend backend)
    {
        double[] seconds = new double[301];
        for (int i = 0; i < seconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            backend.Gather();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(seconds);
        return seconds[seconds.Length / 2];
    }

    internal static unsafe double MeasureArithmetic(int threads, SimdPath path, int repetitions, int rounds)
    {
        double seconds = Best(threads, repetitions, _ =>
        {
            float result;
            LaneDispatch.Run(new FmaChain(rounds, &result), path);
        });
        int lanes = path.Bits() / (8 * sizeof(float));
        return threads * 2.0 * FmaChain.Chains * lanes * rounds / seconds;
    }

    internal static double MeasureDotProducts(int threads, int repetitions, int rounds) =>
        (double)threads * DotProductChain.FlopsPerRound * rounds / Best(threads, repetitions, _ => DotProductChain.Run(rounds));

    internal static unsafe double MeasureBandwidth(int threads, SimdPath path, StreamKind stream, int repetitions)
    {
        (int arrays, int bytesPerElement) = stream switch
        {
            StreamKind.Read => (1, ReadStream.BytesPerElement),
            StreamKind.Triad => (2, Triad.BytesPerElement),
            _ => (4, UpdateStream.BytesPerElement),
        };

        // Alone, the array that is read is as long as the four of an update together: a part of it that stays in a cache counts little.
        int elements = stream == StreamKind.Read ? 4 * ElementsPerThread : ElementsPerThread;

        // One block per thread. Its arrays begin at different places of a page, lest stores and loads be taken for each other's.
        int stride = elements + Stagger;
        nuint blockBytes = (nuint)arrays * (nuint)stride * sizeof(float);
        nint[] blocks = [.. Enumerable.Range(0, threads).Select(_ => (nint)NativeMemory.AlignedAlloc(blockBytes, HugePages.Bytes))];
        try
        {
            foreach (nint block in blocks)
            {
                HugePages.Request(block, (long)blockBytes);
                for (int array = 0; array < arrays; array++)
                {
                    new Span<float>((float*)block + ((long)array * stride), stride).Fill(1);
                }
            }

            double seconds = Best(threads, repetitions, thread =>
            {
                float* a = (float*)blocks[thread];
                switch (stream)
                {
                    case StreamKind.Read:
                        float sum;
                        LaneDispatch.Run(new ReadStream(a, elements, &sum), path);
                        break;
                    case StreamKind.Triad:
                        LaneDispatch.Run(new Triad(a, a + stride, ElementsPerThread), path);
                        break;
                    default:
                        LaneDispatch.Run(new UpdateStream(a, a + stride, a + (2L * stride), a + (3L * stride), ElementsPerThread), path);
                        break;
                }
            });
            return (double)threads * bytesPerElement * elements / seconds;
        }
        finally
        {
            foreach (nint block in blocks)
            {
                NativeMemory.AlignedFree((void*)block);
            }
        }
    }

    // Seconds of the fastest repetition, from its first thread's start to its last one's end. The threads read the clock themselves:
    // one that only watches may be woken late, and would see less time than has passed.
    private static double Best(int threads, int repetitions, Action<int> work)
    {
        long[] starts = new long[threads];
        long[] ends = new long[threads];
        double best = double.PositiveInfinity;
        using var barrier = new Barrier(threads, _ =>
        {
            if (ends[0] != 0)
            {
                best = Math.Min(best, Stopwatch.GetElapsedTime(starts.Min(), ends.Max()).TotalSeconds);
            }
        });
        Thread[] team = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            barrier.SignalAndWait();
            for (int repetition = 0; repetition < repetitions; repetition++)
            {
                starts[thread] = Stopwatch.GetTimestamp();
                work(thread);
                ends[thread] = Stopwatch.GetTimestamp();
                barrier.SignalAndWait();
            }
        }))];
        int started = 0;
        try
        {
            for (; started < threads; started++)
            {
                team[started].Start();
            }
        }
        finally
        {
            // Without room for another thread those that are there do not wait for it.
            if (started < threads)
            {
                barrier.RemoveParticipants(threads - started);
            }

            foreach (Thread thread in team[..started])
            {
                thread.Join();
            }
        }

        return best;
    }
}
