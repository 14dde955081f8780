namespace GptSharp.Kernels.Tests;

/// <summary>Attention in binary64, forward and backward, sum by sum, with a bound for the error of every gradient.</summary>
internal sealed class AttentionOracle
{
    private readonly AttentionProblem _problem;
    private readonly double[] _qkv;
    private readonly double[] _dy;
    private readonly double _unit;

    /// <param name="problem">Sizes and form.</param>
    /// <param name="qkv">(B, T, (H + 2 G) D), as the kernel reads them.</param>
    /// <param name="dy">(B, T, H D).</param>
    /// <param name="isHalf">Results, weights and their gradients are rounded to BF16, which the bounds allow for.</param>
    public AttentionOracle(AttentionProblem problem, double[] qkv, double[] dy, bool isHalf)
    {
        (_problem, _qkv, _dy) = (problem, qkv, dy);
        _unit = isHalf ? Math.Pow(2, -8) : Math.Pow(2, -24);
        (Y, Magnitude) = (new double[dy.Length], new double[dy.Length]);
        LogSumExp = new float[problem.Batch * problem.Heads * problem.Time];
        Gradient = new double[qkv.Length];
        Bound = new double[qkv.Length];
        ForEachQuery(Forward);
    }

    /// <summary>(B, T, H D). Whoever stores it rounded must put it back before <see cref="Backward"/>, which reads it.</summary>
    public double[] Y { get; }

    /// <summary>For each of <see cref="Y"/>, the sum of the sizes of its terms: what a relative error of the weights is multiplied by.</summary>
    public double[] Magnitude { get; }

    /// <summary>(B, H, T).</summary>
    public float[] LogSumExp { get; }

    /// <summary>Of qkv, after <see cref="Backward"/>.</summary>
    public double[] Gradient { get; }

    /// <summary>How far a kernel may be from <see cref="Gradient"/>.</summary>
    public double[] Bound { get; }

    /// <summary>Fills <see cref="Gradient"/> and <see cref="Bound"/>.</summary>
    public void Backward()
    {
        ForEachQuery(Backward);
        for (int n = 0; n < Gradient.Length; n++)
        {
            Bound[n] += (_unit * Math.Abs(Gradient[n])) + 1e-12;
        }
    }

    private void ForEachQuery(Action<int, int, int> action)
    {
        for (int b = 0; b < _problem.Batch; b++)
        {
            for (int h = 0; h < _problem.Heads; h++)
            {
                for (int i = 0; i < _problem.Time; i++)
                {
                    action(b, h, i);
                }
            }
        }
    }

    private void Forward(int b, int h, int i)
    {
        int first = _problem.FirstKey(b, i);
        double[] scores = [.. Enumerable.Range(first, i - first + 1).Select(j => Score(b, h, i, j, out _, out _))];
        double largest = scores.Max();
        double logSumExp = largest + Math.Log(scores.Sum(s => Math.Exp(s - largest)));
        LogSumExp[(((b * _problem.Heads) + h) * _problem.Time) + i] = (float)logSumExp;
        for (int j = first; j <= i; j++)
        {
            double weight = Math.Exp(scores[j - first] - logSumExp) * _problem.Kept(b, h, i, j);
            for (int d = 0; d < _problem.HeadSize; d++)
            {
                double term = weight * _qkv[Value(b, h, j) + d];
                Y[Output(b, h, i) + d] += term;
                Magnitude[Output(b, h, i) + d] += Math.Abs(term);
            }
        }
    }

    private void Backward(int b, int h, int i)
    {
        (int D, int dy, int q) = (_problem.HeadSize, Output(b, h, i), Packed(b, i, h));
        double logSumExp = LogSumExp[(((b * _problem.Heads) + h) * _problem.Time) + i];
        (double delta, double deltaSize) = Dot(_dy, dy, Y, dy);
        for (int j = _problem.FirstKey(b, i); j <= i; j++)
        {
            (int k, int v) = (Key(b, h, j), Value(b, h, j));
            double p = Math.Exp(Score(b, h, i, j, out double slope, out double size) - logSumExp);
            (double dp, double dpSize) = Dot(_dy, dy, _qkv, v);
            double kept = _problem.Kept(b, h, i, j);
            double ds = _problem.Scale * slope * p * ((kept * dp) - delta);

            // Sums in binary32 of D terms, an exponent of that accuracy, and one rounding of Z and dS where they are stored for the tensor cores.
            double relative = Math.Pow(2, -20) * (2 + size + Math.Abs(logSumExp));
            double zBound = kept * p * (relative + _unit);
            double dsBound = _problem.Scale * p * (((kept * dpSize) + deltaSize) * relative) + (_unit * Math.Abs(ds));
            for (int d = 0; d < D; d++)
            {
                Add(v + d, kept * p * _dy[dy + d], zBound * Math.Abs(_dy[dy + d]));
                Add(q + d, ds * _qkv[k + d], dsBound * Math.Abs(_qkv[k + d]));
                Add(k + d, ds * _qkv[q + d], dsBound * Math.Abs(_qkv[q + d]));
            }
        }
    }

    private void Add(int place, double term, double bound)
    {
        Gradient[place] += term;
        Bound[place] += bound + (Math.Abs(term) * Math.Pow(2, -20));
    }

    private double Score(int b, int h, int i, int j, out double slope, out double size)
    {
        (double product, double productSize) = Dot(_qkv, Packed(b, i, h), _qkv, Key(b, h, j));
        double s = product * _problem.Scale, cap = _problem.SoftCap;
        double tanh = cap == 0 ? 0 : Math.Tanh(s / cap);
        slope = 1 - (tanh * tanh);
        size = (productSize * _problem.Scale) + (_problem.Slope(h) * (i - j));
        return (cap == 0 ? s : cap * tanh) - (_problem.Slope(h) * (i - j));
    }

    // A product of two rows, and what it would be if all terms were positive.
    private (double Product, double Size) Dot(double[] a, int firstA, double[] b, int firstB)
    {
        (double product, double size) = (0, 0);
        for (int d = 0; d < _problem.HeadSize; d++)
        {
            double term = a[firstA + d] * b[firstB + d];
            product += term;
            size += Math.Abs(term);
        }

        return (product, size);
    }

    private int Packed(int b, int t, int head) => (((b * _problem.Time) + t) * _problem.Width) + (head * _problem.HeadSize);

    private int Key(int b, int h, int t) => Packed(b, t, _problem.Heads + (h / _problem.Group));

    private int Value(int b, int h, int t) => Packed(b, t, _problem.Heads + _problem.KeyHeads + (h / _problem.Group));

    private int Output(int b, int h, int t) => ((((b * _problem.Time) + t) * _problem.Heads) + h) * _problem.HeadSize;
}
