using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>A kernel, a shape to run it on, and what must come out.</summary>
/// <param name="File">The source file, without extension.</param>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Shape">The shape in words.</param>
/// <param name="Grid">The grid.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory.</param>
/// <param name="Prepare">Allocates and fills the buffers.</param>
internal sealed record KernelCase(
    string File, string Kernel, string Shape, Dimensions Grid, int Threads, int SharedBytes, Func<Bench, KernelArgument[]> Prepare)
{
    /// <summary>Every kernel of the samples, with the shapes that it runs on.</summary>
    public static IEnumerable<KernelCase> All => GemmCases.All.Concat(AttentionCases.All).Concat(NormCases.All).Concat(ElementCases.All);

    /// <summary>Whether to leave out the exact matrix models: a smaller shape of the same kernel runs with them.</summary>
    public bool IsLarge { get; init; }

    public override string ToString() => $"{File}: {Kernel} {Shape}";
}

/// <summary>Device memory for one run of a kernel, random inputs, and what the outputs must be.</summary>
internal sealed class Bench : IDisposable
{
    private readonly Random _random = new(5);
    private readonly List<(DeviceBuffer Buffer, bool IsHalf, double[] Reference, double[] Bound)> _expected = [];

    public DeviceMemory Memory { get; } = new();

    /// <summary>Bits of every output, in order.</summary>
    public byte[][] Outputs => [.. _expected.Select(output => output.Buffer.Read<byte>())];

    public static double Round(double value) => FromBits(ToBits((float)value));

    /// <summary>Random bfloat16 values in a buffer, and the same as doubles.</summary>
    public DeviceBuffer Halves(int count, out double[] values, double scale = 1)
    {
        ushort[] bits = [.. Enumerable.Range(0, count).Select(_ => ToBits((float)(scale * Normal())))];
        values = Array.ConvertAll(bits, FromBits);
        return Memory.Allocate<ushort>(bits, Name());
    }

    /// <summary>Given values, rounded to bfloat16.</summary>
    public DeviceBuffer Halves(double[] values) => Memory.Allocate<ushort>(Array.ConvertAll(values, value => ToBits((float)value)), Name());

    /// <summary>Random floats in a buffer, and the same as doubles.</summary>
    public DeviceBuffer Floats(int count, out double[] values, double scale = 1, double offset = 0)
    {
        float[] floats = [.. Enumerable.Range(0, count).Select(_ => (float)(offset + (scale * Normal())))];
        values = Array.ConvertAll(floats, value => (double)value);
        return Memory.Allocate<float>(floats, Name());
    }

    /// <summary>Given values, rounded to floats.</summary>
    public DeviceBuffer Floats(double[] values) => Memory.Allocate<float>(Array.ConvertAll(values, value => (float)value), Name());

    public DeviceBuffer Integers(params int[] values) => Memory.Allocate<int>(values, Name());

    /// <summary>A bfloat16 output that starts as never written.</summary>
    public DeviceBuffer HalvesOut(double[] reference, Func<int, double> bound) =>
        Expect(Memory.Allocate(reference.Length * 2L, Name()), true, reference, bound);

    /// <summary>A float output that starts as never written.</summary>
    public DeviceBuffer FloatsOut(double[] reference, Func<int, double> bound) =>
        Expect(Memory.Allocate(reference.Length * 4L, Name()), false, reference, bound);

    /// <summary>A buffer that is changed in place.</summary>
    public DeviceBuffer Expect(DeviceBuffer buffer, bool isHalf, double[] reference, Func<int, double> bound)
    {
        _expected.Add((buffer, isHalf, reference, [.. Enumerable.Range(0, reference.Length).Select(bound)]));
        return buffer;
    }

    public int Next(int limit) => _random.Next(limit);

    /// <summary>Fails when an output is not what its reference says.</summary>
    public void Check() => Assert.Null(FirstError());

    /// <summary>What is wrong with the outputs, or null.</summary>
    public string? FirstError()
    {
        foreach ((DeviceBuffer buffer, bool isHalf, double[] reference, double[] bound) in _expected)
        {
            double[] actual = isHalf ? Array.ConvertAll(buffer.Read<ushort>(), FromBits) : Array.ConvertAll(buffer.Read<float>(), value => (double)value);
            if (buffer.CountWrittenBytes() != (long)buffer.ByteCount)
            {
                return $"Only {buffer.CountWrittenBytes()} of {buffer.ByteCount} bytes of {buffer.Name} were written.";
            }

            for (int i = 0; i < reference.Length; i++)
            {
                if (!(Math.Abs(actual[i] - reference[i]) <= bound[i]))
                {
                    return $"{buffer.Name}[{i}] is {actual[i]:G9}, but must be {reference[i]:G9} within {bound[i]:G3}.";
                }
            }
        }

        return null;
    }

    public void Dispose() => Memory.Dispose();

    private string Name() => $"arg{Memory.Buffers.Count}";

    private double Normal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private static ushort ToBits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }

    private static double FromBits(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
