using System.Buffers.Binary;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>What the tests of the optimizers' kernels share: the ways of storing values, and the state that moves from step to step.</summary>
internal static class OptimizerBench
{
    public const ulong Seed = 0x0123_4567_89ab_cdef;
    public const uint Step = 7, Sample = 3, Site = 11;
    public const int ElementsPerBlock = 16384, Threads = 256;

    /// <summary>Values, gradient, master.</summary>
    public static TheoryData<string, string, bool> Storages => new()
    {
        { "f32", "f32", false }, { "f32", "f32", true }, { "bf16", "f32", false },
        { "bf16", "bf16", false }, { "bf16", "f32", true }, { "bf16", "bf16", true },
    };

    /// <summary>A StepState of the prelude.</summary>
    public static DeviceBuffer State(KernelBench bench, float learningRate = 0, float correction1 = 0, float correction2 = 0, float lossScale = 0)
    {
        var state = new byte[48];
        BinaryPrimitives.WriteUInt64LittleEndian(state, Seed);
        BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(8), Step);
        BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(12), Sample);
        BinaryPrimitives.WriteSingleLittleEndian(state.AsSpan(16), learningRate);
        BinaryPrimitives.WriteSingleLittleEndian(state.AsSpan(20), correction1);
        BinaryPrimitives.WriteSingleLittleEndian(state.AsSpan(24), correction2);
        BinaryPrimitives.WriteSingleLittleEndian(state.AsSpan(28), lossScale);
        return bench.Memory.Allocate<byte>(state, "state");
    }

    /// <summary>Normally distributed values of a storage type.</summary>
    public static DeviceBuffer Values(KernelBench bench, string type, int count, string name, double scale = 1) =>
        type == "bf16" ? bench.Halves(count, name, scale) : bench.Floats(count, name, scale);

    /// <summary>What a buffer of a storage type holds.</summary>
    public static double[] Read(string type, DeviceBuffer buffer) =>
        type == "bf16" ? KernelBench.ReadHalves(buffer) : Array.ConvertAll(buffer.Read<float>(), value => (double)value);

    public static string Kernel(string optimizer, string values, string gradient, bool hasMaster) =>
        $"{optimizer}_{values}_{gradient}{(hasMaster ? "_master" : "")}";

    public static int Blocks(long first, long count) => (int)(((first & 3) + count + ElementsPerBlock - 1) / ElementsPerBlock);

    /// <summary>Largest distance from what float64 gives, in units of 2^-23 of the result or of <paramref name="size"/>, whichever is larger.</summary>
    public static double WorstUnits(double[] expected, double[] actual, double size = 0) =>
        expected.Select((value, i) => Units(value, actual[i], size)).Max();

    /// <summary>The same, where what was added to the old value is also a size: a sum that cancels keeps its terms' errors.</summary>
    public static double WorstUnits(double[] expected, double[] actual, double[] moves) =>
        expected.Select((value, i) => Units(value, actual[i], Math.Abs(moves[i]))).Max();

    /// <summary>The nearest number of a storage type.</summary>
    public static double Rounded(string type, double value) => type == "bf16" ? (BF16)(float)value : value;

    /// <summary>
    /// BF16 values without a master are the neighbour that the random word of element i picks for what float64 gives, or for a float
    /// within four units in the last place of it or of its move.
    /// </summary>
    public static void CheckRandomRounding(double[] exact, double[] stored, double[] moves, int first, int count)
    {
        int different = 0;
        for (int i = first; i < first + count; i++)
        {
            uint word = Philox.Word(Seed, Step, Sample, Site, (ulong)i);
            double reach = 4 * Math.Max(Math.Abs(exact[i]), Math.Abs(moves[i])) / (1 << 23);
            double nearest = BF16.RoundStochastically((float)exact[i], word);
            double low = BF16.RoundStochastically((float)(exact[i] - reach), word), high = BF16.RoundStochastically((float)(exact[i] + reach), word);
            Assert.InRange(stored[i], low, high);
            different += stored[i] == nearest ? 0 : 1;
        }

        // The last bit of the float decides one element in thousands.
        Assert.InRange(different, 0, 1 + (count / 1000));
    }

    private static double Units(double expected, double actual, double size) =>
        Math.Abs(expected - actual) / Math.Max(Math.Abs(expected), size) * (1 << 23);
}
