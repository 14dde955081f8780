using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Threading;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>
/// One kernel call on guarded arrays: runs it on every vector path of the machine and with 1, 2, 3 and 8 threads, has each
/// path's result checked, and demands the same bits from every number of threads.
/// </summary>
internal sealed class KernelCase(int seed) : IDisposable
{
    private static readonly Dictionary<SimdPath, ThreadTeam[]> Teams = CpuFeatures.Available.ToDictionary(
        path => path,
        path => new[] { 1, 2, 3, 8 }.Select(threads => new ThreadTeam(threads, path)).ToArray());

    private static readonly Lock Gate = new();
    private readonly Random _random = new(seed);
    private readonly List<GuardedBuffer> _buffers = [];
    private readonly List<GuardedBuffer> _outputs = [];

    public GuardedFloats Input(int count, double scale = 1) => Input(count, _ => (float)(scale * Normal()));

    public GuardedFloats Input(int count, Func<int, float> value) => Keep(new GuardedFloats(Fill(count, value), isOutput: false));

    /// <summary>Integers, in the bits of floats.</summary>
    public GuardedFloats InputIntegers(int count, Func<int, int> value) =>
        Input(count, i => BitConverter.Int32BitsToSingle(value(i)));

    /// <summary>NaN where beta is 0, so that an element that is read or not written shows; numbers where it is not.</summary>
    public GuardedFloats Output(int count, float beta = 0) => Output(count, _ => beta == 0 ? float.NaN : (float)Normal());

    /// <summary>An array that the kernel updates, with given first contents.</summary>
    public GuardedFloats Output(int count, Func<int, float> value)
    {
        GuardedFloats buffer = Keep(new GuardedFloats(Fill(count, value), isOutput: true));
        _outputs.Add(buffer);
        return buffer;
    }

    /// <summary>Numbers that BF16 holds.</summary>
    public GuardedHalves InputHalves(int count, double scale = 1) => InputHalves(count, _ => (float)(scale * Normal()));

    /// <summary>Given numbers, rounded to BF16.</summary>
    public GuardedHalves InputHalves(int count, Func<int, float> value) =>
        Keep(new GuardedHalves(Array.ConvertAll(Fill(count, value), v => (BF16)v), isOutput: false));

    /// <summary>As <see cref="Output(int, float)"/>, of BF16.</summary>
    public GuardedHalves OutputHalves(int count, float beta = 0) => OutputHalves(count, _ => beta == 0 ? float.NaN : (float)Normal());

    /// <summary>An array of BF16 that the kernel updates, with given first contents.</summary>
    public GuardedHalves OutputHalves(int count, Func<int, float> value)
    {
        GuardedHalves buffer = Keep(new GuardedHalves(Array.ConvertAll(Fill(count, value), v => (BF16)v), isOutput: true));
        _outputs.Add(buffer);
        return buffer;
    }

    /// <summary>Memory whose contents do not matter.</summary>
    public GuardedFloats Workspace(long count) =>
        Keep(new GuardedFloats(Fill(checked((int)count), _ => float.NaN), isOutput: true));

    public int Next(int limit) => _random.Next(limit);

    public double Normal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    /// <summary>Runs <paramref name="call"/> everywhere; <paramref name="check"/> judges the outputs once per vector path.</summary>
    public void Run(Action<ThreadTeam> call, Action check)
    {
        // A team serves one caller at a time, and test classes run in parallel.
        lock (Gate)
        {
            foreach (ThreadTeam[] teams in Teams.Values)
            {
                RunPath(teams, call, check);
            }
        }
    }

    private void RunPath(ThreadTeam[] teams, Action<ThreadTeam> call, Action check)
    {
        byte[][]? first = null;
        foreach (ThreadTeam team in teams)
        {
            _buffers.ForEach(b => b.Restore());
            call(team);
            _buffers.ForEach(b => b.AssertIntact());
            if (first == null)
            {
                check();
                first = [.. _outputs.Select(o => o.Bytes.ToArray())];
                continue;
            }

            for (int i = 0; i < first.Length; i++)
            {
                Assert.True(
                    _outputs[i].Bytes.SequenceEqual(first[i]),
                    $"Output {i} has other bits with {team.ThreadCount} threads than with one ({team.Path}).");
            }
        }

        // A collection that another test causes adds the rest of this thread's allocation buffer to the count: look thrice.
        Assert.Contains(Enumerable.Range(0, 3), _ => AllocatedBytes(() => call(teams[0])) == 0);
    }

    private static long AllocatedBytes(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    public static void AssertNear(double expected, float got, double tolerance, string what, long at)
    {
        if (!(Math.Abs(got - expected) <= tolerance * (1 + Math.Abs(expected))))
        {
            Assert.Fail($"{what}[{at}] is {got:R}, expected {expected:R} within {tolerance} (1 + |expected|).");
        }
    }

    /// <summary>A BF16 result is the rounding of a number at most <paramref name="tolerance"/> (1 + |expected|) away: it was rounded once.</summary>
    public static void AssertRounded(double expected, float got, double tolerance, string what, long at)
    {
        double reach = tolerance * (1 + Math.Abs(expected));
        (float low, float high) = ((BF16)(expected - reach), (BF16)(expected + reach));
        if (!(got >= low && got <= high))
        {
            Assert.Fail($"{what}[{at}] is {got:R}, expected a rounding of {expected:R} within {tolerance} (1 + |expected|).");
        }
    }

    public void Dispose() => _buffers.ForEach(b => b.Dispose());

    private static float[] Fill(int count, Func<int, float> value)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = value(i);
        }

        return values;
    }

    private TBuffer Keep<TBuffer>(TBuffer buffer)
        where TBuffer : GuardedBuffer
    {
        _buffers.Add(buffer);
        return buffer;
    }
}
