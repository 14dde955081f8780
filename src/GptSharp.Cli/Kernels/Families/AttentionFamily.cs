using GptSharp.Cuda;
using GptSharp.Tensors;

namespace GptSharp.Cli.Kernels.Families;

/// <summary>Causal self-attention, forward: Y = softmax(Q Kᵀ / sqrt D) V for every sequence and head.</summary>
internal sealed class AttentionFamily : KernelFamily
{
    public override string Name => "attention";

    public override string Formula => "causal softmax(Q Kᵀ / sqrt D) V of packed qkv (B, T, 3, H, D), BF16, and its log-sum-exp (B, H, T)";

    public override string Signature => "bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale";

    public override IReadOnlyList<string> Contract => [Pointer, Pointer, Pointer, Integer, Integer, Integer, Integer, Float];

    public override IReadOnlyList<string> Letters => ["B", "T", "H", "D"];

    public override IReadOnlyList<int> DefaultShape => [1, 128, 2, 64];

    public override IReadOnlyList<string> Types => ["bf16"];

    public override bool IsBoundByArithmetic => true;

    public override KernelProblem NewProblem(IReadOnlyList<int> shape, string type) => new Problem(shape[0], shape[1], shape[2], shape[3]);

    private sealed class Problem : KernelProblem
    {
        private readonly int _batch, _time, _heads, _size;
        private readonly BF16[] _qkv;
        private readonly double _scale;

        public Problem(int batch, int time, int heads, int size)
        {
            (_batch, _time, _heads, _size) = (batch, time, heads, size);
            _scale = (float)(1 / Math.Sqrt(size));
            _qkv = ProblemNumbers.DrawBF16(3L * batch * time * heads * size, 3);
            Buffers =
            [
                new("y", 2L * batch * time * heads * size, null), new("lse", 4L * batch * heads * time, null), ProblemNumbers.Input("qkv", _qkv),
            ];
        }

        public override IReadOnlyList<ProblemBuffer> Buffers { get; }

        public override IReadOnlyList<KernelParameter> Scalars => [_batch, _time, _heads, _size, (float)_scale];

        // Two products per visible pair of positions.
        public override double Flops => 4.0 * _batch * _heads * _size * _time * (_time + 1) / 2;

        // Probabilities may be rounded to BF16 before they meet V, and y is: two roundings of 2^-9, doubled for what precedes them.
        public override string? Check(IReadOnlyList<byte[]> outputs)
        {
            ReadOnlySpan<BF16> y = ProblemNumbers.As<BF16>(outputs[0]);
            ReadOnlySpan<float> lse = ProblemNumbers.As<float>(outputs[1]);
            var p = new double[_time];
            for (int b = 0; b < _batch; b++)
            {
                for (int h = 0; h < _heads; h++)
                {
                    for (int t = 0; t < _time; t++)
                    {
                        double exact = Softmax(p, b, h, t);
                        string row = $"[{b}, {h}, {t}]";
                        if (Judge($"lse{row}", lse[(((b * _heads) + h) * _time) + t], exact, 1e-3) is { } wrong)
                        {
                            return wrong;
                        }

                        for (int d = 0; d < _size; d++)
                        {
                            (double sum, double magnitude) = (0, 0);
                            for (int s = 0; s <= t; s++)
                            {
                                double product = p[s] * Value(b, s, 2, h, d);
                                sum += product;
                                magnitude += Math.Abs(product);
                            }

                            int place = ((((b * _time) + t) * _heads) + h) * _size;
                            if (Judge($"y[{b}, {t}, {h}, {d}]", y[place + d], sum, magnitude / 128) is { } off)
                            {
                                return off;
                            }
                        }
                    }
                }
            }

            return null;
        }

        // The probabilities of one query, and the logarithm of what they were divided by.
        private double Softmax(double[] p, int b, int h, int t)
        {
            double most = double.NegativeInfinity, sum = 0;
            for (int s = 0; s <= t; s++)
            {
                p[s] = 0;
                for (int d = 0; d < _size; d++)
                {
                    p[s] += Value(b, t, 0, h, d) * Value(b, s, 1, h, d) * _scale;
                }

                most = Math.Max(most, p[s]);
            }

            for (int s = 0; s <= t; s++)
            {
                p[s] = Math.Exp(p[s] - most);
                sum += p[s];
            }

            for (int s = 0; s <= t; s++)
            {
                p[s] /= sum;
            }

            return most + Math.Log(sum);
        }

        private double Value(int b, int t, int part, int h, int d) =>
            _qkv[((((((long)b * _time) + t) * 3) + part) * _heads * _size) + (h * _size) + d];
    }
}
