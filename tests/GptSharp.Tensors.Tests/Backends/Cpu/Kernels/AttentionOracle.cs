namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>
/// Attention as its definition has it, in double: whole (T, T) matrices with a mask, plain loops. It shares no code with the library
/// except for the random numbers of dropout.
/// </summary>
internal sealed class AttentionOracle
{
    private readonly float[] _x;
    private readonly int[]? _documentStarts;
    private readonly AttentionForm _form;
    private readonly int _time, _heads, _keyHeads, _size;
    private readonly double _scale;

    /// <param name="qkv">(B, T, (H + 2 G) D).</param>
    /// <param name="dOutput">(B, T, H D).</param>
    /// <param name="documentStarts">(B, T), or null.</param>
    /// <param name="batch">B.</param>
    /// <param name="time">T.</param>
    /// <param name="size">D.</param>
    /// <param name="form">Heads, window, cap, ALiBi.</param>
    /// <param name="scale">What products are multiplied by.</param>
    /// <param name="rate">Of dropout.</param>
    /// <param name="key">Of dropout.</param>
    public AttentionOracle(
        float[] qkv, float[] dOutput, int[]? documentStarts, int batch, int time, int size, in AttentionForm form, double scale,
        double rate, RandomKey key)
    {
        (_x, _documentStarts, _form, _time, _size, _scale) = (qkv, documentStarts, form, time, size, scale);
        (_heads, _keyHeads) = (form.HeadCount, form.KeyHeadCount);
        Output = new double[dOutput.Length];
        LogSumExp = new double[batch * _heads * time];
        Gradient = new double[qkv.Length];
        for (int b = 0; b < batch; b++)
        {
            for (int h = 0; h < _heads; h++)
            {
                Head(dOutput, b, h, rate, key);
            }
        }
    }

    public double[] Output { get; }

    public double[] LogSumExp { get; }

    public double[] Gradient { get; }

    private int Width => (_heads + (2 * _keyHeads)) * _size;

    // The published code of ALiBi: the series of the largest power of two, then every second slope of the next one's.
    private static double[] Slopes(int heads)
    {
        int power = 1;
        while (2 * power <= heads)
        {
            power *= 2;
        }

        double[] slopes = [.. Enumerable.Range(1, power).Select(n => Math.Pow(Math.Pow(2, -8.0 / power), n))];
        return power == heads
            ? slopes
            : [.. slopes, .. Slopes(2 * power).Where((_, index) => index % 2 == 0).Take(heads - power)];
    }

    private bool IsVisible(int b, int i, int j) =>
        j <= i
        && (_form.Window == 0 || i - j < _form.Window)
        && (_documentStarts is null || j >= _documentStarts[(b * _time) + i]);

    private void Head(float[] dOutput, int b, int h, double rate, RandomKey key)
    {
        int group = h * _keyHeads / _heads;
        double cap = _form.SoftCap, lean = _form.Alibi ? Slopes(_heads)[h] : 0;
        int Q(int t, int d) => (((b * _time) + t) * Width) + (h * _size) + d;
        int K(int t, int d) => (((b * _time) + t) * Width) + ((_heads + group) * _size) + d;
        int V(int t, int d) => K(t, d) + (_keyHeads * _size);
        int O(int t, int d) => (((((b * _time) + t) * _heads) + h) * _size) + d;
        for (int i = 0; i < _time; i++)
        {
            double[] score = new double[_time], capSlope = new double[_time], mask = new double[_time], dWeight = new double[_time];
            for (int j = 0; j < _time; j++)
            {
                double product = 0;
                for (int d = 0; d < _size; d++)
                {
                    product += _scale * _x[Q(i, d)] * _x[K(j, d)];
                }

                double capped = cap == 0 ? product : cap * Math.Tanh(product / cap);
                capSlope[j] = cap == 0 ? 1 : 1 / Math.Pow(Math.Cosh(product / cap), 2);
                score[j] = IsVisible(b, i, j) ? capped - (lean * (i - j)) : double.NegativeInfinity;
                ulong element = (ulong)((((h * _time) + i) * _time) + j);
                bool kept = Philox.Uniform(key.Seed, key.Step, key.FirstSample + (uint)b, key.Site, element) >= rate;
                mask[j] = kept ? 1 / (1.0 - rate) : 0;
            }

            double largest = score.Max(), sum = score.Sum(s => Math.Exp(s - largest));
            double[] weight = [.. score.Select(s => Math.Exp(s - largest) / sum)];
            LogSumExp[(((b * _heads) + h) * _time) + i] = largest + Math.Log(sum);
            double mean = 0;
            for (int j = 0; j < _time; j++)
            {
                for (int d = 0; d < _size; d++)
                {
                    Output[O(i, d)] += weight[j] * mask[j] * _x[V(j, d)];
                    Gradient[V(j, d)] += weight[j] * mask[j] * dOutput[O(i, d)];
                    dWeight[j] += mask[j] * dOutput[O(i, d)] * _x[V(j, d)];
                }

                mean += weight[j] * dWeight[j];
            }

            for (int j = 0; j < _time; j++)
            {
                double dProduct = weight[j] * (dWeight[j] - mean) * capSlope[j] * _scale;
                for (int d = 0; d < _size; d++)
                {
                    Gradient[Q(i, d)] += dProduct * _x[K(j, d)];
                    Gradient[K(j, d)] += dProduct * _x[Q(i, d)];
                }
            }
        }
    }
}
