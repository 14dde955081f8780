using System.Diagnostics;
using System.Runtime.InteropServices;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Benchmarks.Machine;

/// <summary>What a number of threads of this machine can do at best, measured now: what results are compared with.</summary>
/// <param name="Threads">How many threads.</param>
/// <param name="GigaflopsPerSecond">Fused multiply-adds in registers, two operations each.</param>
/// <param name="GigabytesPerSecond">Triad over memory: two reads and one write, all counted.</param>
internal sealed record MachineLimits(int Threads, double GigaflopsPerSecond, double GigabytesPerSecond)
{
    private const int Repetitions = 7;
    private const int FmaRounds = 20_000_000;
    private const int ElementsPerThread = 1 << 24;    // 64 MiB, twice
    private const int Stagger = 336;                  // a third of a page and a little

    /// <summary>Measures, in about two seconds.</summary>
    public static MachineLimits Measure(int threads) => new(threads, Arithmetic(threads) / 1e9, Bandwidth(threads) / 1e9);

    /// <summary>The time below which these operations and bytes cannot be done, in seconds.</summary>
    public double Floor(double flops, double bytes) => Math.Max(flops / (GigaflopsPerSecond * 1e9), bytes / (GigabytesPerSecond * 1e9));

    private static unsafe double Arithmetic(int threads)
    {
        SimdPath path = CpuFeatures.Select();
        double seconds = Best(threads, _ =>
        {
            float result;
            LaneDispatch.Run(new FmaChain(FmaRounds, &result), path);
        });
        int lanes = (int)path / (8 * sizeof(float));
        return threads * 2.0 * FmaChain.Chains * lanes * FmaRounds / seconds;
    }

    private static unsafe double Bandwidth(int threads)
    {
        // One block per thread. Its two arrays begin at different places of a page, lest stores and loads be taken for each other's.
        const int stride = ElementsPerThread + Stagger;
        nint[] blocks = [.. Enumerable.Range(0, threads).Select(_ => (nint)NativeMemory.AlignedAlloc(2 * stride * sizeof(float), 64))];
        try
        {
            foreach (nint block in blocks)
            {
                new Span<float>((void*)block, 2 * stride).Fill(1);
            }

            SimdPath path = CpuFeatures.Select();
            double seconds = Best(threads, thread =>
            {
                float* a = (float*)blocks[thread];
                LaneDispatch.Run(new Triad(a, a + stride, ElementsPerThread), path);
            });
            return (double)threads * Triad.BytesPerElement * ElementsPerThread / seconds;
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
    private static double Best(int threads, Action<int> work)
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
            for (int repetition = 0; repetition < Repetitions; repetition++)
            {
                starts[thread] = Stopwatch.GetTimestamp();
                work(thread);
                ends[thread] = Stopwatch.GetTimestamp();
                barrier.SignalAndWait();
            }
        }))];
        foreach (Thread thread in team)
        {
            thread.Start();
        }

        foreach (Thread thread in team)
        {
            thread.Join();
        }

        return best;
    }
}
