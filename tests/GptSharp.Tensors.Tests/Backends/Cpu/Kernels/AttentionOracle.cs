namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>Attention as its definition has it, in double: whole score matrices, plain loops.</summary>
internal sealed class AttentionOracle
{
    private readonly float[] _x;
    private readonly int _time, _heads, _keyHeads, _size;

    public AttentionOracle(
        float[] qkv, float[] dOutput, int batch, int time, int heads, int keyHeads, int size, float rate, RandomKey key)
    {
        (_x, _time, _heads, _keyHeads, _size) = (qkv, time, heads, keyHeads, size);
        Output = new double[dOutput.Length];
        LogSumExp = new double[batch * heads * time];
        Gradient = new double[qkv.Length];
        for (int b = 0; b < batch; b++)
        {
            for (int h = 0; h < heads; h++)
            {
                Head(dOutput, b, h, rate, key);
            }
        }
    }

    public double[] Output { get; }

    public double[] LogSumExp { get; }

    public double[] Gradient { get; }

    private int Width => (_heads + (2 * _keyHeads)) * _size;

    private void Head(float[] dOutput, int b, int h, float rate, RandomKey key)
    {
        double scale = (float)(1 / Math.Sqrt(_size));
        int group = h / (_heads / _keyHeads);
        int Q(int t, int d) => (((b * _time) + t) * Width) + (h * _size) + d;
        int K(int t, int d) => (((b * _time) + t) * Width) + ((_heads + group) * _size) + d;
        int V(int t, int d) => K(t, d) + (_keyHeads * _size);
        int O(int t, int d) => (((((b * _time) + t) * _heads) + h) * _size) + d;
        for (int i = 0; i < _time; i++)
        {
            double[] score = new double[i + 1], mask = new double[i + 1], dWeight = new double[i + 1];
            for (int j = 0; j <= i; j++)
            {
                for (int d = 0; d < _size; d++)
                {
                    score[j] += scale * _x[Q(i, d)] * _x[K(j, d)];
                }

                ulong element = (ulong)((((h * _time) + i) * _time) + j);
                bool kept = Philox.Uniform(key.Seed, key.Step, key.FirstSample + (uint)b, key.Site, element) >= rate;
                mask[j] = kept ? 1 / (1.0 - rate) : 0;
            }

            double largest = score.Max(), sum = score.Sum(s => Math.Exp(s - largest));
            double[] weight = [.. score.Select(s => Math.Exp(s - largest) / sum)];
            LogSumExp[(((b * _heads) + h) * _time) + i] = largest + Math.Log(sum);
            double mean = 0;
            for (int j = 0; j <= i; j++)
            {
                for (int d = 0; d < _size; d++)
                {
                    Output[O(i, d)] += weight[j] * mask[j] * _x[V(j, d)];
                    Gradient[V(j, d)] += weight[j] * mask[j] * dOutput[O(i, d)];
                    dWeight[j] += mask[j] * dOutput[O(i, d)] * _x[V(j, d)];
                }

                mean += weight[j] * dWeight[j];
            }

            for (int j = 0; j <= i; j++)
            {
                double dScore = weight[j] * (dWeight[j] - mean) * scale;
                for (int d = 0; d < _size; d++)
                {
                    Gradient[Q(i, d)] += dScore * _x[K(j, d)];
                    Gradient[K(j, d)] += dScore * _x[Q(i, d)];
                }
            }
        }
    }
}
