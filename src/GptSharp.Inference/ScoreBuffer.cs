using System.Numerics;
using System.Runtime.InteropServices;
using GptSharp.Tensors;

namespace GptSharp.Inference;

/// <summary>Scores on the host. They are not made wider than they need to be: what is written once and read once costs what memory does.</summary>
internal sealed class ScoreBuffer
{
    private float[] _singles = [];
    private BF16[] _halves = [];
    private double[] _doubles = [];

    /// <summary>Copies a tensor here.</summary>
    /// <param name="scores">(B, Vp) or (B, N, Vp).</param>
    /// <returns>All elements; valid until the next call.</returns>
    public Scores Download(Tensor scores)
    {
        int count = checked((int)scores.Count);
        if (scores.DType == DType.F64)
        {
            Grow(ref _doubles, count);
            Span<double> doubles = _doubles.AsSpan(0, count);
            scores.Download(doubles);
            return new Scores(doubles);
        }

        Grow(ref _singles, count);
        Span<float> singles = _singles.AsSpan(0, count);
        if (scores.DType == DType.BF16)
        {
            Grow(ref _halves, count);
            Span<BF16> halves = _halves.AsSpan(0, count);
            scores.Download(halves);
            Widen(halves, singles);
        }
        else
        {
            scores.Download(singles);
        }

        return new Scores(singles);
    }

    // A BF16 number is the upper half of a float.
    private static void Widen(ReadOnlySpan<BF16> halves, Span<float> singles)
    {
        ReadOnlySpan<ushort> bits = MemoryMarshal.Cast<BF16, ushort>(halves);
        int next = 0;
        for (; next <= halves.Length - Vector<ushort>.Count; next += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(bits[next..]), out Vector<uint> low, out Vector<uint> high);
            Vector.AsVectorSingle(low << 16).CopyTo(singles[next..]);
            Vector.AsVectorSingle(high << 16).CopyTo(singles[(next + Vector<float>.Count)..]);
        }

        for (; next < halves.Length; next++)
        {
            singles[next] = halves[next];
        }
    }

    private static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
        {
            array = new T[count];
        }
    }
}
