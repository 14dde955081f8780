using GptSharp.Cuda;
using GptSharp.Tensors;

namespace GptSharp.Cli.Kernels.Families;

/// <summary>C (M, N) = A (M, K) B (N, K)ᵀ: the product of a layer, y = x Wᵀ.</summary>
internal sealed class MatmulFamily : KernelFamily
{
    private const string Half = "bf16", Single = "f32";

    public override string Name => "matmul";

    public override string Formula => "C (M, N) = A (M, K) B (N, K)ᵀ, summed in binary32";

    public override string Signature => "T *c, const T *a, const T *b, int M, int N, int K";

    public override IReadOnlyList<string> Contract => [Pointer, Pointer, Pointer, Integer, Integer, Integer];

    public override IReadOnlyList<string> Letters => ["M", "N", "K"];

    public override IReadOnlyList<int> DefaultShape => [256, 256, 256];

    public override IReadOnlyList<string> Types => [Half, Single];

    public override bool IsBoundByArithmetic => true;

    public override KernelProblem NewProblem(IReadOnlyList<int> shape, string type) => new Problem(shape[0], shape[1], shape[2], type == Single);

    private sealed class Problem : KernelProblem
    {
        private readonly int _m, _n, _k;
        private readonly float[] _a, _b;
        private readonly bool _isSingle;

        public Problem(int m, int n, int k, bool isSingle)
        {
            (_m, _n, _k, _isSingle) = (m, n, k, isSingle);
            (_a, _b) = (ProblemNumbers.Draw((long)m * k, 1), ProblemNumbers.Draw((long)n * k, 2));
            if (isSingle)
            {
                Buffers = [new("c", 4L * m * n, null), ProblemNumbers.Input("a", _a), ProblemNumbers.Input("b", _b)];
                return;
            }

            BF16[] a = Array.ConvertAll(_a, value => (BF16)value), b = Array.ConvertAll(_b, value => (BF16)value);
            (_a, _b) = (Array.ConvertAll(a, value => (float)value), Array.ConvertAll(b, value => (float)value));
            Buffers = [new("c", 2L * m * n, null), ProblemNumbers.Input("a", a), ProblemNumbers.Input("b", b)];
        }

        public override IReadOnlyList<ProblemBuffer> Buffers { get; }

        public override IReadOnlyList<KernelParameter> Scalars => [_m, _n, _k];

        public override double Flops => 2.0 * _m * _n * _k;

        // One rounding when it is stored; and each of K additions and products in binary32 loses at most 2^-22 (tensor cores cut off) of the sum of magnitudes.
        public override string? Check(IReadOnlyList<byte[]> outputs)
        {
            float[] c = _isSingle
                ? ProblemNumbers.As<float>(outputs[0]).ToArray()
                : Array.ConvertAll(ProblemNumbers.As<BF16>(outputs[0]).ToArray(), value => (float)value);
            double[] a = Array.ConvertAll(_a, value => (double)value), b = Array.ConvertAll(_b, value => (double)value);
            for (int row = 0; row < _m; row++)
            {
                for (int column = 0; column < _n; column++)
                {
                    (double sum, double size) = (0, 0);
                    for (int k = 0; k < _k; k++)
                    {
                        double product = a[((long)row * _k) + k] * b[((long)column * _k) + k];
                        sum += product;
                        size += Math.Abs(product);
                    }

                    double tolerance = (Math.Abs(sum) / (_isSingle ? 1 << 23 : 1 << 8)) + (_k * size / (1 << 22));
                    if (Judge($"c[{row}, {column}]", c[(row * _n) + column], sum, tolerance) is { } wrong)
                    {
                        return wrong;
                    }
                }
            }

            return null;
        }
    }
}
