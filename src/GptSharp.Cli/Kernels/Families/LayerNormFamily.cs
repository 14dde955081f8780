using GptSharp.Cuda;

namespace GptSharp.Cli.Kernels.Families;

/// <summary>LayerNorm, forward: each row is centred, scaled to variance 1, then by weight and bias.</summary>
internal sealed class LayerNormFamily : KernelFamily
{
    private const float Epsilon = 1e-5f;

    public override string Name => "layer_norm";

    public override string Formula => "Y (N, C) = (X - mean) rstd weight + bias, row by row, binary32, with mean and rstd (N)";

    public override string Signature =>
        "float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon";

    public override IReadOnlyList<string> Contract => [Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Integer, Integer, Float];

    public override IReadOnlyList<string> Letters => ["N", "C"];

    public override IReadOnlyList<int> DefaultShape => [64, 768];

    public override IReadOnlyList<string> Types => ["f32"];

    public override bool IsBoundByArithmetic => false;

    public override KernelProblem NewProblem(IReadOnlyList<int> shape, string type) => new Problem(shape[0], shape[1]);

    private sealed class Problem : KernelProblem
    {
        private readonly int _rows, _columns;
        private readonly float[] _x, _weight, _bias;

        public Problem(int rows, int columns)
        {
            (_rows, _columns) = (rows, columns);

            // Away from zero mean, where a variance by E[x²] - E[x]² would lose its digits.
            _x = Array.ConvertAll(ProblemNumbers.Draw((long)rows * columns, 4), value => value + 3);
            (_weight, _bias) = (ProblemNumbers.Draw(columns, 5), ProblemNumbers.Draw(columns, 6));
            Buffers =
            [
                new("y", 4L * rows * columns, null), new("mean", 4L * rows, null), new("rstd", 4L * rows, null),
                ProblemNumbers.Input("x", _x), ProblemNumbers.Input("weight", _weight), ProblemNumbers.Input("bias", _bias),
            ];
        }

        public override IReadOnlyList<ProblemBuffer> Buffers { get; }

        public override IReadOnlyList<KernelParameter> Scalars => [_rows, _columns, Epsilon];

        public override double Flops => 8.0 * _rows * _columns;

        public override string? Check(IReadOnlyList<byte[]> outputs)
        {
            const double tolerance = 1e-5;
            ReadOnlySpan<float> y = ProblemNumbers.As<float>(outputs[0]);
            ReadOnlySpan<float> means = ProblemNumbers.As<float>(outputs[1]), rstds = ProblemNumbers.As<float>(outputs[2]);
            for (int row = 0; row < _rows; row++)
            {
                ReadOnlySpan<float> x = _x.AsSpan(row * _columns, _columns);
                (double mean, double variance) = (0, 0);
                foreach (float value in x)
                {
                    mean += (double)value / _columns;
                }

                foreach (float value in x)
                {
                    variance += (value - mean) * (value - mean) / _columns;
                }

                double rstd = 1 / Math.Sqrt(variance + Epsilon);
                string? wrong = Judge($"mean[{row}]", means[row], mean, tolerance * Math.Abs(mean))
                    ?? Judge($"rstd[{row}]", rstds[row], rstd, tolerance * rstd);
                for (int column = 0; column < _columns && wrong is null; column++)
                {
                    double exact = ((x[column] - mean) * rstd * _weight[column]) + _bias[column];
                    double size = (Math.Abs(mean) + Math.Abs(x[column])) * rstd * Math.Abs(_weight[column]) + Math.Abs(_bias[column]);
                    wrong = Judge($"y[{row}, {column}]", y[(row * _columns) + column], exact, tolerance * size);
                }

                if (wrong is not null)
                {
                    return wrong;
                }
            }

            return null;
        }
    }
}
