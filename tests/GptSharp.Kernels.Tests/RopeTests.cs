using System.Numerics;
using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class RopeTests
{
    private const int Batch = 2, Time = 3, Positions = 8, Rotated = 5, Heads = 7;

    /// <summary>Type, channels of a head, those of them that turn, pairing.</summary>
    public static TheoryData<DType, int, int, RopePairing> Cases => new(
        from pairing in Enum.GetValues<RopePairing>()
        from shape in (Case[])[new(DType.F32, 64, 64), new(DType.F32, 40, 16), new(DType.F32, 13, 10), new(DType.BF16, 128, 128), new(DType.BF16, 48, 16), new(DType.BF16, 13, 12)]
        select (shape.Type, shape.Size, shape.Width, pairing));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pairs_are_turned_by_the_angles_of_their_position_and_back(DType type, int size, int width, RopePairing pairing)
    {
        using KernelBench bench = new();
        int count = Batch * Time * Heads * size;
        DeviceBuffer x = bench.Normal(type, count, "qkv"), table = Table(bench, width), y = bench.Output(type, count, "y");
        DeviceBuffer starts = bench.Memory.Allocate<int>([2, 7], "starts"), report = Report(bench);

        LaunchCounters counters = Launch(bench, type, y, x, table, starts, report, size, width, pairing, 1, 0);

        double[] expected = Turn(x.Read(type), table.Read(DType.F32), size, width, pairing, 1), once = y.Read(type);
        Stored.AssertClose(type, expected, once, size: 2);
        Assert.All(report.Read<ulong>(), word => Assert.Equal(ulong.MaxValue, word));
        if (size % 64 == 0)
        {
            // A row of angles per position of a sequence, and where it starts per warp. Each thread takes its angles from shared memory once.
            counters.AssertStreams((2L * count * type.Size()) + (Batch * Time * width * 4L), hasConflicts: true);
        }

        Launch(bench, type, y, x, table, starts, report, size, width, pairing, -1, 0.5f);
        double[] back = Turn(x.Read(type), table.Read(DType.F32), size, width, pairing, -1);
        Stored.AssertClose(type, [.. back.Zip(once, (value, old) => value + (0.5 * old))], y.Read(type), size: 3);
    }

    [Fact]
    public void A_start_below_zero_is_reported_once_per_sequence()
    {
        using KernelBench bench = new();
        int count = Batch * Time * Heads * 4;
        DeviceBuffer x = bench.Normal(DType.F32, count, "qkv"), y = bench.Output(DType.F32, count, "y"), report = Report(bench);

        Launch(bench, DType.F32, y, x, Table(bench, 4), bench.Memory.Allocate<int>([0, -3], "starts"), report, 4, 4, RopePairing.RotateHalf, 1, 0);

        Assert.Equal((1UL << 32) | unchecked((uint)-3), report.Read<ulong>()[0]);
    }

    private static double[] Turn(double[] x, double[] table, int size, int width, RopePairing pairing, double sign)
    {
        double[] y = [.. x];
        for (int place = 0; place < x.Length / size; place++)
        {
            (int head, int t, int b) = (place % Heads, place / Heads % Time, place / Heads / Time);
            int row = Math.Min((b == 0 ? 2 : 7) + t, Positions - 1) * width;
            for (int i = 0; head < Rotated && i < width / 2; i++)
            {
                (int left, int right) = pairing == RopePairing.Interleaved ? (2 * i, (2 * i) + 1) : (i, i + (width / 2));
                (double c, double s) = (table[row + i], sign * table[row + (width / 2) + i]);
                (double l, double r) = (x[(place * size) + left], x[(place * size) + right]);
                (y[(place * size) + left], y[(place * size) + right]) = ((l * c) - (r * s), (r * c) + (l * s));
            }
        }

        return y;
    }

    private static DeviceBuffer Table(KernelBench bench, int width) => bench.Given(
        DType.F32,
        Enumerable.Range(0, Positions).SelectMany(p => Enumerable.Range(0, width).Select(
            i => i < width / 2 ? Math.Cos(p * Math.Pow(50, -2.0 * i / width)) : Math.Sin(p * Math.Pow(50, -2.0 * (i - (width / 2)) / width)))),
        "table");

    private static DeviceBuffer Report(KernelBench bench) => bench.Memory.Allocate<ulong>([ulong.MaxValue, ulong.MaxValue], "report");

    private static LaunchCounters Launch(
        KernelBench bench, DType type, DeviceBuffer y, DeviceBuffer x, DeviceBuffer table, DeviceBuffer starts, DeviceBuffer report, int size,
        int width, RopePairing pairing, float sign, float beta)
    {
        int pack = 16 / type.Size();
        int pairs = width / 2 / (size % pack == 0 && width % (2 * pack) == 0 ? pack : 1);
        return bench.Launch(
            "rope", "rope" + type.Suffix(), new LaunchShape(Batch * Time, 128, width * 4),
            y, x, table, starts, report, Time, Positions, size, width, Rotated, Heads,
            BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)pairs)), pairing == RopePairing.Interleaved ? 1 : 0, sign, beta);
    }

    private sealed record Case(DType Type, int Size, int Width);
}
