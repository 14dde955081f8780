using System.Numerics;
using GptSharp.Tensors;

namespace GptSharp.Inference;

/// <summary>Scores on the host, as doubles whatever the model computes with.</summary>
internal sealed class ScoreBuffer
{
    private float[] _singles = [];
    private BF16[] _halves = [];
    private double[] _doubles = [];

    /// <summary>Copies a tensor here.</summary>
    /// <param name="scores">(B, Vp) or (B, N, Vp).</param>
    /// <returns>All elements; valid until the next call.</returns>
    public ReadOnlySpan<double> Download(Tensor scores)
    {
        int count = checked((int)scores.Count);
        Grow(ref _doubles, count);
        Span<double> doubles = _doubles.AsSpan(0, count);
        if (scores.DType == DType.F64)
        {
            scores.Download(doubles);
            return doubles;
        }

        if (scores.DType == DType.BF16)
        {
            Grow(ref _halves, count);
            Span<BF16> halves = _halves.AsSpan(0, count);
            scores.Download(halves);
            for (int i = 0; i < count; i++)
            {
                doubles[i] = halves[i];
            }

            return doubles;
        }

        Grow(ref _singles, count);
        Span<float> singles = _singles.AsSpan(0, count);
        scores.Download(singles);
        int next = 0;
        for (; next <= count - Vector<float>.Count; next += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(singles[next..]), out Vector<double> low, out Vector<double> high);
            low.CopyTo(doubles[next..]);
            high.CopyTo(doubles[(next + Vector<double>.Count)..]);
        }

        for (; next < count; next++)
        {
            doubles[next] = singles[next];
        }

        return doubles;
    }

    private static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
        {
            array = new T[count];
        }
    }
}
