namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>Kernels that treat one element, or one row of logits, at a time.</summary>
internal static class ElementCases
{
    private const double HalfUlp = 1.0 / 256;
    private const double Float = 1.0 / (1 << 18);
    private const float LearningRate = 0.01f;
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.99f;
    private const float Correction1 = 1.5f;
    private const float Correction2 = 2.5f;
    private const float Epsilon = 1e-8f;
    private const float Decay = 0.1f;

    public static IEnumerable<KernelCase> All =>
    [
        AdamW("elem", "gs_adamw_master", 1000),
        AdamW("elem", "gs_adamw_master", 200),
        AdamW("edited/elem2", "adamw_master2", 1000),
        AdamW("edited/elem2", "adamw_master2", 200),
        AdamWRounded(301),
        AdamWRounded(40),
        Dropout(500),
        Dropout(100),
        SwiGlu("elem", "gs_swiglu_fwd_bf16", new Dimensions(3), 64, hasRows: true),
        SwiGlu("elem", "gs_swiglu_fwd_bf16", new Dimensions(1), 64, hasRows: true),
        SwiGlu("edited/stream2", "swiglu2", new Dimensions(1, 5), 256, hasRows: false),
        GeluBackward(203),
        GeluBackward(40),
        SquaredNorm("elem", "gs_sqnorm_stage1", 16400, 2),
        SquaredNorm("elem", "gs_sqnorm_stage1", 600, 2),
        SquaredNorm("edited/stream2", "sqnorm2", 96008, 8),
        SquaredNorm("edited/stream2", "sqnorm2", 600, 8),
        Embedding(),
        CrossEntropy(9003, 9008, write: 1, 9002, -1, 5),
        CrossEntropy(19, 24, write: 1, 0, 1, 2, 3, 4, 5, 6, 7, -1),
        CrossEntropy(16, 24, write: 1, 15, -1),
        CrossEntropy(1024, 1024, write: 0, 1023, -1, 5),
        CrossEntropyGradient(5003, 5008),
        CrossEntropyGradient(19, 1024),
    ];

    private static KernelCase AdamW(string file, string kernel, int n) => new(file, kernel, $"n={n}", new Dimensions(2), 64, 0, bench =>
    {
        var master = bench.Floats(n, out double[] w);
        var m = bench.Floats(n, out double[] mv, 0.1);
        var v = bench.Floats(n, out double[] vv, 0, 0.02);
        var g = bench.Halves(n, out double[] gv);
        var scale = bench.Floats([0.75]);
        (double[] weights, double[] first, double[] second) = Step(w, mv, vv, [.. gv.Select(value => value * 0.75)]);
        bench.Expect(master, false, weights, i => Float * (Math.Abs(weights[i]) + LearningRate));
        bench.Expect(m, false, first, i => Float * (Math.Abs(mv[i]) + Math.Abs(gv[i])));
        bench.Expect(v, false, second, i => Float * second[i]);
        var p = bench.HalvesOut(weights, i => (HalfUlp * Math.Abs(weights[i])) + (2 * Float * (Math.Abs(weights[i]) + LearningRate)));
        return [p, master, m, v, g, n / 4L, LearningRate, Beta1, Beta2, Correction1, Correction2, Epsilon, Decay, scale];
    });

    private static KernelCase AdamWRounded(int n) => new("elem", "gs_adamw_sr", $"n={n}", new Dimensions(2), 64, 0, bench =>
    {
        const ulong seed = 0x9_8765_4321;
        var p = bench.Halves(n, out double[] w);
        var m = bench.Floats(n, out double[] mv, 0.1);
        var v = bench.Floats(n, out double[] vv, 0, 0.02);
        var g = bench.Halves(n, out double[] gv);
        (double[] weights, double[] first, double[] second) = Step(w, mv, vv, gv);
        double[] rounded = new double[n];
        double[] bound = new double[n];
        for (int i = 0; i < n; i++)
        {
            (rounded[i], bound[i]) = RoundStochastically(weights[i], Philox((ulong)i, seed)[0] & 0xffff);
        }

        bench.Expect(p, true, rounded, i => bound[i]);
        bench.Expect(m, false, first, i => Float * (Math.Abs(mv[i]) + Math.Abs(gv[i])));
        bench.Expect(v, false, second, i => Float * second[i]);
        return [p, m, v, g, (long)n, LearningRate, Beta1, Beta2, Correction1, Correction2, Epsilon, Decay, seed];
    });

    // The random bits are added below the 16 that stay. Which neighbour that gives is certain, unless the kernel's own rounding
    // errors, some units in the last place of binary32, decide: then it is one or the other.
    private static (double Value, double Bound) RoundStochastically(double value, uint random)
    {
        const int slack = 256;
        uint bits = BitConverter.SingleToUInt32Bits((float)value) + random;
        double rounded = BitConverter.UInt32BitsToSingle(bits & 0xffff_0000);
        uint below = bits & 0xffff;
        bool isCertain = below is > slack and < 0x10000 - slack;
        return (rounded, isCertain ? 0 : 2 * HalfUlp * Math.Abs(rounded));
    }

    private static (double[] Weights, double[] First, double[] Second) Step(double[] w, double[] m, double[] v, double[] g)
    {
        double[] weights = new double[w.Length];
        double[] first = new double[w.Length];
        double[] second = new double[w.Length];
        for (int i = 0; i < w.Length; i++)
        {
            first[i] = (Beta1 * m[i]) + ((1 - Beta1) * g[i]);
            second[i] = (Beta2 * v[i]) + ((1 - Beta2) * g[i] * g[i]);
            double step = first[i] * Correction1 / (Math.Sqrt(second[i] * Correction2) + Epsilon);
            weights[i] = w[i] - (LearningRate * (step + (Decay * w[i])));
        }

        return (weights, first, second);
    }

    private static KernelCase Dropout(int n) => new("elem", "gs_dropout_fwd_f32", $"n={n}", new Dimensions(2), 32, 0, bench =>
    {
        const uint keep = 3_000_000_000;
        const ulong seed = 0x1234_5678_9abc_def0;
        const ulong offset = 0xffff_fff0;
        var x = bench.Floats(n, out double[] xv);
        double[] y = new double[n];
        for (int i = 0; i < n / 4; i++)
        {
            uint[] words = Philox(offset + (ulong)i, seed);
            for (int k = 0; k < 4; k++)
            {
                y[(4 * i) + k] = words[k] < keep ? (float)(xv[(4 * i) + k] * 1.5) : 0;
            }
        }

        var output = bench.FloatsOut(y, _ => 0);
        return [output, x, n / 4L, keep, 1.5f, seed, offset];
    });

    // Philox 4x32 with 10 rounds, as Salmon et al. (2011) define it.
    private static uint[] Philox(ulong counter, ulong key)
    {
        (uint a, uint b, uint c, uint d) = ((uint)counter, (uint)(counter >> 32), 0, 0);
        (uint k0, uint k1) = ((uint)key, (uint)(key >> 32));
        for (int round = 0; round < 10; round++)
        {
            ulong left = 0xD2511F53UL * a;
            ulong right = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(right >> 32) ^ b ^ k0, (uint)right, (uint)(left >> 32) ^ d ^ k1, (uint)left);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return [a, b, c, d];
    }

    private static KernelCase SwiGlu(string file, string kernel, Dimensions grid, int threads, bool hasRows) => new(
        file, kernel, $"5x72 blocks={grid.X}", grid, threads, 0, bench =>
        {
            const int rows = 5;
            const int h = 72;
            var input = bench.Halves(rows * 2 * h, out double[] x);
            double[] y = new double[rows * h];
            for (int i = 0; i < y.Length; i++)
            {
                int at = (i / h * 2 * h) + (i % h);
                y[i] = x[at] * x[at + h] / (1 + Math.Exp(-x[at]));
            }

            var output = bench.HalvesOut(y, i => (HalfUlp + Float) * Math.Abs(y[i]));
            return hasRows ? [output, input, (long)rows, h] : [output, input, h / 8];
        });

    private static KernelCase GeluBackward(int n) => new("elem", "gs_gelu_bwd_f32", $"n={n}", new Dimensions(2), 64, 0, bench =>
    {
        const double c = 0.7978845608;
        var x = bench.Floats(n, out double[] xv, 2);
        var dy = bench.Floats(n, out double[] dyv);
        double[] dx = new double[n];
        double[] bound = new double[n];
        for (int i = 0; i < n; i++)
        {
            double v = xv[i];
            double tanh = Math.Tanh(c * (v + (0.044715 * v * v * v)));
            double slope = c * (1 + (3 * 0.044715 * v * v));
            dx[i] = dyv[i] * ((0.5 * (1 + tanh)) + (0.5 * v * (1 - (tanh * tanh)) * slope));

            // tanh.approx is 2^-11 off, in both places where it stands.
            double off = Math.Abs(tanh) / 2048;
            bound[i] = Math.Abs(dyv[i]) * ((0.5 * off) + (Math.Abs(v) * off * slope) + (Float * (1 + (v * v * slope))));
        }

        var output = bench.FloatsOut(dx, i => bound[i]);
        return [output, x, dy, (long)n];
    });

    private static KernelCase SquaredNorm(string file, string kernel, int n, int perLoad) => new(file, kernel, $"n={n}", new Dimensions(2), 512, 0, bench =>
    {
        const int blocks = 2;
        const int threads = 512;
        var g = bench.Halves(n, out double[] gv);
        double[] parts = new double[blocks];
        for (int i = 0; i < n; i++)
        {
            parts[i / perLoad / threads % blocks] += gv[i] * gv[i];
        }

        var output = bench.FloatsOut(parts, i => Float * parts[i]);
        return [output, g, (long)(n / perLoad)];
    });

    private static KernelCase Embedding() => new("elem", "gs_embed_fwd_bf16", "10x24", new Dimensions(2), 32, 0, bench =>
    {
        const int tokens = 10;
        const int length = 7;
        const int c = 24;
        int[] ids = [.. Enumerable.Range(0, tokens).Select(_ => bench.Next(20))];
        var words = bench.Halves(20 * c, out double[] w);
        var positions = bench.Halves(length * c, out double[] p);
        double[] y = [.. Enumerable.Range(0, tokens * c).Select(i => Bench.Round(w[(ids[i / c] * c) + (i % c)] + p[(i / c % length * c) + (i % c)]))];
        var output = bench.HalvesOut(y, _ => 0);
        return [output, bench.Integers(ids), words, positions, tokens, length, c / 8];
    });

    private static KernelCase CrossEntropy(int v, int padded, int write, params int[] targets) => new(
        "xent", "gs_xent_fused_bf16", $"V={v} write={write}", new Dimensions(targets.Length), 1024, 0, bench =>
        {
            int rows = targets.Length;
            const float scale = 0.25f;
            var logits = bench.Halves(rows * padded, out double[] x, 3);
            double[] losses = new double[rows];
            double[] gradient = [.. x];
            double[] bound = new double[x.Length];
            for (int row = 0; row < rows; row++)
            {
                int start = row * padded;
                (double logarithm, double[] p) = Softmax(x.AsSpan(start, v));
                losses[row] = targets[row] < 0 ? 0 : logarithm - x[start + targets[row]];
                for (int i = 0; i < padded; i++)
                {
                    double target = i == targets[row] ? 1 : 0;
                    if (targets[row] < 0 || write == 1)
                    {
                        gradient[start + i] = targets[row] < 0 || i >= v ? 0 : (p[i] - target) * scale;
                        bound[start + i] = targets[row] < 0 || i >= v ? 0 : (HalfUlp * Math.Abs(gradient[start + i])) + (Float * scale * (p[i] + target));
                    }
                }
            }

            bench.Expect(logits, true, gradient, i => bound[i]);
            var output = bench.FloatsOut(losses, i => Float * (Math.Abs(losses[i]) + 20));
            return [logits, output, bench.Integers(targets), scale, v, padded, write];
        });

    private static KernelCase CrossEntropyGradient(int v, int padded) => new(
        "edited/elem2", "xent_write2", $"V={v}", new Dimensions(2), 512, 0, bench =>
        {
            const int rows = 2;
            const float scale = 0.25f;
            int[] targets = [v - 1, 5];
            var logits = bench.Halves(rows * padded, out double[] x, 3);
            double[] logarithms = new double[rows];
            double[] gradient = new double[x.Length];
            double[] bound = new double[x.Length];
            for (int row = 0; row < rows; row++)
            {
                int start = row * padded;
                (double logarithm, double[] p) = Softmax(x.AsSpan(start, v));
                logarithms[row] = logarithm * Math.Log2(Math.E);
                for (int i = 0; i < v; i++)
                {
                    double target = i == targets[row] ? 1 : 0;
                    gradient[start + i] = (p[i] - target) * scale;
                    bound[start + i] = (HalfUlp * Math.Abs(gradient[start + i])) + (4 * Float * scale * (p[i] + target));
                }
            }

            bench.Expect(logits, true, gradient, i => bound[i]);
            return [logits, bench.Floats(logarithms), bench.Integers(targets), scale, v, padded];
        });

    private static (double Logarithm, double[] Shares) Softmax(ReadOnlySpan<double> x)
    {
        double top = double.NegativeInfinity;
        foreach (double value in x)
        {
            top = Math.Max(top, value);
        }

        double[] shares = new double[x.Length];
        double total = 0;
        for (int i = 0; i < x.Length; i++)
        {
            shares[i] = Math.Exp(x[i] - top);
            total += shares[i];
        }

        return (top + Math.Log(total), Array.ConvertAll(shares, share => share / total));
    }
}
