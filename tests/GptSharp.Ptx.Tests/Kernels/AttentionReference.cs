using System.Collections.Concurrent;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>
/// Causal attention and its gradients in binary64, on inputs that are bfloat16 already, with what the kernels may be off: they
/// compute scores in binary32 and round P and dS to bfloat16 before the second products.
/// </summary>
internal sealed class AttentionReference
{
    private const double HalfUlp = 1.0 / 256;
    private static readonly ConcurrentDictionary<(int HeadSize, int Length, int Heads), AttentionReference> Known = new();

    private AttentionReference(int headSize, int length, int heads)
    {
        (HeadSize, Length, Heads) = (headSize, length, heads);
        Scale = (float)(1 / Math.Sqrt(headSize));
        var random = new Random(11);
        int count = heads * length * headSize;
        Q = Values(random, count);
        K = Values(random, count);
        V = Values(random, count);
        OutputGradient = Values(random, count);
        (Output, OutputBound) = (new double[count], new double[count]);
        (QueryGradient, QueryBound) = (new double[count], new double[count]);
        (KeyGradient, KeyBound) = (new double[count], new double[count]);
        (ValueGradient, ValueBound) = (new double[count], new double[count]);
        (LogSumExp, LogSumExpBound) = (new double[heads * length], new double[heads * length]);
        Delta = new double[heads * length];
        for (int head = 0; head < heads; head++)
        {
            for (int query = 0; query < length; query++)
            {
                Row(head, query);
            }
        }

        Finish(OutputBound, Output);
        Finish(QueryBound, QueryGradient);
        Finish(KeyBound, KeyGradient);
        Finish(ValueBound, ValueGradient);
    }

    public int HeadSize { get; }

    public int Length { get; }

    public int Heads { get; }

    /// <summary>Factor of the scores, a float.</summary>
    public double Scale { get; }

    /// <summary>The same for powers of two.</summary>
    public double BinaryScale => (float)(Scale * Math.Log2(Math.E));

    public double[] Q { get; }

    public double[] K { get; }

    public double[] V { get; }

    public double[] OutputGradient { get; }

    public double[] Output { get; }

    public double[] OutputBound { get; }

    /// <summary>Logarithm to base 2 of the sum of the exponentials.</summary>
    public double[] LogSumExp { get; }

    public double[] LogSumExpBound { get; }

    /// <summary>Per row, the sum of dO times O.</summary>
    public double[] Delta { get; }

    public double[] QueryGradient { get; }

    public double[] QueryBound { get; }

    public double[] KeyGradient { get; }

    public double[] KeyBound { get; }

    public double[] ValueGradient { get; }

    public double[] ValueBound { get; }

    public static AttentionReference Of(int headSize, int length, int heads) =>
        Known.GetOrAdd((headSize, length, heads), key => new(key.HeadSize, key.Length, key.Heads));

    private void Row(int head, int query)
    {
        int d = HeadSize;
        int first = head * Length * d;
        int row = first + (query * d);
        double[] score = new double[query + 1];
        double worst = 0;
        for (int key = 0; key <= query; key++)
        {
            (double sum, double magnitude) = Dot(Q, row, K, first + (key * d));
            score[key] = sum * BinaryScale;
            worst = Math.Max(worst, magnitude * BinaryScale * (d + 8) / (1 << 23));
        }

        double top = score.Max();
        double total = score.Sum(value => Math.Pow(2, value - top));
        double logarithm = top + Math.Log2(total);
        int index = (head * Length) + query;
        LogSumExp[index] = logarithm;
        LogSumExpBound[index] = worst + ((Math.Abs(logarithm) + 8) / (1 << 20));

        // What a score is off, P is off in proportion: times ln 2. Its rounding to bfloat16 adds half an ulp.
        double relative = HalfUlp + (2 * worst) + (1.0 / (1 << 18));
        double delta = 0;
        for (int key = 0; key <= query; key++)
        {
            double p = Math.Pow(2, score[key] - logarithm);
            for (int c = 0; c < d; c++)
            {
                double v = V[first + (key * d) + c];
                Output[row + c] += p * v;
                OutputBound[row + c] += relative * p * Math.Abs(v);
            }
        }

        for (int c = 0; c < d; c++)
        {
            delta += OutputGradient[row + c] * Output[row + c];
        }

        Delta[index] = (float)delta;
        for (int key = 0; key <= query; key++)
        {
            Backward(first, row, first + (key * d), Math.Pow(2, score[key] - logarithm), Delta[index], relative);
        }
    }

    private void Backward(int first, int row, int keyRow, double p, double delta, double relative)
    {
        int d = HeadSize;
        (double dp, double magnitude) = Dot(OutputGradient, row, V, keyRow);
        double ds = p * (dp - delta);
        double off = (relative * Math.Abs(ds)) + (p * ((magnitude + Math.Abs(delta)) * (d + 8) / (1 << 23)));
        for (int c = 0; c < d; c++)
        {
            QueryGradient[row + c] += Scale * ds * K[keyRow + c];
            QueryBound[row + c] += Scale * off * Math.Abs(K[keyRow + c]);
            KeyGradient[keyRow + c] += Scale * ds * Q[row + c];
            KeyBound[keyRow + c] += Scale * off * Math.Abs(Q[row + c]);
            ValueGradient[keyRow + c] += p * OutputGradient[row + c];
            ValueBound[keyRow + c] += relative * p * Math.Abs(OutputGradient[row + c]);
        }
    }

    private (double Sum, double Magnitude) Dot(double[] x, int i, double[] y, int j)
    {
        (double sum, double magnitude) = (0, 0);
        for (int c = 0; c < HeadSize; c++)
        {
            double term = x[i + c] * y[j + c];
            sum += term;
            magnitude += Math.Abs(term);
        }

        return (sum, magnitude);
    }

    // The result itself is rounded to bfloat16.
    private static void Finish(double[] bound, double[] value)
    {
        for (int i = 0; i < bound.Length; i++)
        {
            bound[i] = (HalfUlp * (Math.Abs(value[i]) + bound[i])) + bound[i] + 1e-30;
        }
    }

    private static double[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Bench.Round((random.NextDouble() * 2) - 1))];
}
