using GptSharp.Ptx;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>The sizes and the form of an attention that a test runs, and what of it is random.</summary>
internal sealed record AttentionProblem(int Batch, int Time, int Heads, int KeyHeads, int HeadSize)
{
    public const ulong Seed = 0x0123456789ABCDEF;
    public const uint Step = 17, FirstSample = 5, Site = 23;

    public int Window { get; init; }

    public double SoftCap { get; init; }

    public bool Alibi { get; init; }

    /// <summary>Length of every document; 0 for a single one. The samples' documents begin at different positions.</summary>
    public int DocumentLength { get; init; }

    /// <summary>Every eleventh position is a document by itself, and the one after it looks back to the document before.</summary>
    public bool HasIslands { get; init; }

    public double DropoutRate { get; init; }

    public float Beta { get; init; }

    public int Width => (Heads + (2 * KeyHeads)) * HeadSize;

    public int Group => Heads / KeyHeads;

    public double Scale => 1 / Math.Sqrt(HeadSize);

    public int DocumentStart(int sample, int position) =>
        HasIslands && position % 11 == 10 ? position : DocumentLength == 0 ? 0 : Math.Max(0, ((position + sample) / DocumentLength * DocumentLength) - sample);

    public int[] DocumentStarts() =>
        [.. from b in Enumerable.Range(0, Batch) from t in Enumerable.Range(0, Time) select DocumentStart(b, t)];

    public int FirstKey(int sample, int position) =>
        Math.Max(DocumentStart(sample, position), Window == 0 ? 0 : position - Window + 1);

    /// <summary>ALiBi's slope: 2^(-8 (h + 1) / n) for the first n heads, n a power of two, and every second of the series for 2 n after them.</summary>
    public double Slope(int head)
    {
        int n = 1;
        while (2 * n <= Heads)
        {
            n *= 2;
        }

        return !Alibi ? 0 : head < n ? Math.Pow(2, -8.0 * (head + 1) / n) : Math.Pow(2, -4.0 * ((2 * (head - n)) + 1) / n);
    }

    /// <summary>What dropout multiplies a weight by.</summary>
    public double Kept(int sample, int head, int query, int key)
    {
        if (DropoutRate == 0)
        {
            return 1;
        }

        ulong element = ((((ulong)head * (ulong)Time) + (ulong)query) * (ulong)Time) + (ulong)key;
        uint word = RandomWords((uint)(element / 4), FirstSample + (uint)sample)[element % 4];
        return word >> 8 >= Math.Ceiling((float)DropoutRate * 16777216.0) ? 1 / (1 - DropoutRate) : 0;
    }

    /// <summary>The parameters that all kernels of attention end with.</summary>
    public KernelArgument[] FormArguments(KernelBench bench) =>
    [
        DocumentLength == 0 && !HasIslands ? 0L : bench.Memory.Allocate<int>(DocumentStarts(), "documentStarts"),
        DropoutRate == 0 ? 0L : bench.Memory.Allocate<ulong>([Seed, Step | ((ulong)FirstSample << 32), 0, 0, 0, 0], "state"),
        Time, Heads, KeyHeads, HeadSize, (float)Scale, Window, (float)SoftCap, Alibi ? 1 : 0,
        DropoutRate == 0 ? 0u : Philox.KeepThreshold((float)DropoutRate), (float)(1 / (1 - DropoutRate)), Site,
    ];

    // Philox4x32-10 as its paper gives it.
    private static uint[] RandomWords(uint block, uint sample)
    {
        uint[] x = [block, sample, Step, Site];
        (uint k0, uint k1) = ((uint)(Seed & uint.MaxValue), (uint)(Seed >> 32));
        for (int round = 0; round < 10; round++)
        {
            (ulong p0, ulong p1) = (x[0] * 0xD2511F53UL, x[2] * 0xCD9E8D57UL);
            x = [(uint)(p1 >> 32) ^ x[1] ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x[3] ^ k1, (uint)p0];
            (k0, k1) = (k0 + 0x9E3779B9, k1 + 0xBB67AE85);
        }

        return x;
    }
}
