using System.Globalization;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>Matrix products: out (M, N) = A (M, K) W (N, K)^T in bfloat16, and C = A B in binary32.</summary>
internal static class GemmCases
{
    // A bfloat16 has 8 significant bits: rounding to it costs at most 2^-8 of the value.
    private const double HalfUlp = 1.0 / 256;

    // Sums of products in binary32, each term rounded or, on tensor cores, truncated.
    private const double SumStep = 1.0 / (1 << 23);

    public static IEnumerable<KernelCase> All =>
        Edited("edited/gemm2").Concat(Edited("edited/gemm4")).Concat(Edited("edited/gemm4_epi")).Concat(Plain()).Concat(Single());

    private static IEnumerable<KernelCase> Edited(string file)
    {
        foreach ((string kernel, string[] parameters) in KernelSources.Instances(file))
        {
            int[] p = [.. parameters.Take(7).Select(Parse)];
            (int bm, int bn, int bk, int wm, int wn, int stages) = (p[0], p[1], p[2], p[3], p[4], p[5]);
            bool hasTail = bool.Parse(parameters[7]);
            int threads = bm / wm * (bn / wn) * 32;
            int shared = stages * (bm + bn) * bk * 2;
            foreach ((int m, int n, int k, bool isLarge) in Shapes(bm, bn, bk, hasTail))
            {
                var factors = new Lazy<Factors>(() => Factors.Of(m, n, k));
                yield return new(
                    file, kernel, $"{m}x{n}x{k}", new Dimensions(Tiles(m, bm) * Tiles(n, bn)), threads, shared, bench =>
                    {
                        (double[] av, double[] wv, double[] product, double[] magnitude) = factors.Value;
                        var a = bench.Halves(av);
                        var w = bench.Halves(wv);
                        var result = bench.HalvesOut(product, i => Bound(product[i], magnitude[i], k));
                        return [result, a, w, m, n, k];
                    })
                {
                    IsLarge = isLarge,
                };
            }
        }
    }

    // One shape of a full and three ragged tiles with more steps than stages; one so small that every copy has rows outside, with
    // fewer; and one without any.
    private static IEnumerable<(int M, int N, int K, bool IsLarge)> Shapes(int bm, int bn, int bk, bool hasTail)
    {
        yield return (bm + 6, bn + 8, (5 * bk) + (hasTail ? 8 : 0), true);
        yield return (5, 8, hasTail ? 24 : bk, false);
        yield return (3, 8, 0, false);
        if (hasTail)
        {
            // The tail in the second and third step.
            yield return (5, 8, bk + 8, false);
            yield return (5, 8, (2 * bk) + 8, false);
        }
    }

    private static IEnumerable<KernelCase> Plain()
    {
        foreach ((string kernel, string[] p) in KernelSources.Instances("gemm_bf16"))
        {
            (int bm, int bn, int wm, int wn, int stages) = (Parse(p[0]), Parse(p[1]), Parse(p[2]), Parse(p[3]), Parse(p[4]));
            bool hasBias = p[5].Contains("BIAS", StringComparison.Ordinal);
            bool hasGelu = p[5].Contains("GELU", StringComparison.Ordinal);
            bool hasResidual = p[5].Contains("RESID", StringComparison.Ordinal);
            foreach ((int m, int n, int k) in new[] { (bm + 6, bn + 8, 328), (5, 8, 24), (3, 8, 0), (5, 8, 72), (5, 8, 136) })
            {
                var factors = new Lazy<Factors>(() => Factors.Of(m, n, k, 0.2));
                yield return new(
                    "gemm_bf16",
                    kernel,
                    $"{m}x{n}x{k}",
                    new Dimensions(Tiles(m, bm) * Tiles(n, bn)),
                    bm / wm * (bn / wn) * 32,
                    stages * (bm + bn) * 128,
                    bench =>
                    {
                        (double[] av, double[] wv, double[] x, double[] magnitude) = factors.Value;
                        var a = bench.Halves(av);
                        var w = bench.Halves(wv);
                        var bias = bench.Halves(n, out double[] bv);
                        var residual = bench.Halves(m * n, out double[] rv);
                        double[] result = new double[m * n];
                        double[] bound = new double[m * n];
                        for (int i = 0; i < m * n; i++)
                        {
                            double error = (k + 8) * SumStep * magnitude[i];
                            double value = x[i] + (hasBias ? bv[i % n] : 0) + (hasResidual ? rv[i] : 0);
                            result[i] = hasGelu ? Gelu(value) : value;

                            // tanh.approx is 2^-11 off; GELU's slope is at most 1.13.
                            double gelu = hasGelu ? (0.5 * Math.Abs(value) / 2048) + (1.13 * error) : error;
                            bound[i] = (HalfUlp * (Math.Abs(result[i]) + gelu)) + gelu + 1e-5;
                        }

                        var output = bench.HalvesOut(result, i => bound[i]);
                        return [output, 0UL, a, w, bias, residual, m, n, k];
                    })
                {
                    IsLarge = m > bm,
                };
            }
        }
    }

    private static IEnumerable<KernelCase> Single()
    {
        IEnumerable<(string File, string Kernel, int[] Tile)> kernels = KernelSources.Instances("edited/sgemm2")
            .Select(instance => ("edited/sgemm2", instance.Kernel, instance.Parameters.Take(5).Select(Parse).ToArray()))
            .Append(("sgemm", "gs_sgemm_nn_128x128x8", [128, 128, 8, 8, 8]));
        foreach ((string file, string kernel, int[] t) in kernels)
        {
            (int bm, int bn, int bk, int tm, int tn) = (t[0], t[1], t[2], t[3], t[4]);
            (int M, int N, int K)[] shapes = file == "sgemm"
                ? [(bm + 2, bn + 4, (3 * bk) + 4), (3, 4, 4), (3, 4, 0)]
                : [(bm + 2, bn + 4, 3 * bk), (3, 4, bk)];
            foreach ((int m, int n, int k) in shapes)
            {
                yield return new(
                    file, kernel, $"{m}x{n}x{k}", new Dimensions(Tiles(n, bn), Tiles(m, bm)), bm / tm * (bn / tn), 0, bench =>
                    {
                        var a = bench.Floats(m * k, out double[] av);
                        var b = bench.Floats(k * n, out double[] bv);
                        (double[] product, double[] magnitude) = Product(av, bv, m, n, k, false);
                        var result = bench.FloatsOut(product, i => (k + 2) * SumStep * magnitude[i] / 2);
                        return [result, a, b, m, n, k];
                    });
            }
        }
    }

    private static double Bound(double value, double magnitude, int k)
    {
        double sum = (k + 8) * SumStep * magnitude;
        return (HalfUlp * (Math.Abs(value) + sum)) + sum;
    }

    private static (double[] Product, double[] Magnitude) Product(double[] a, double[] b, int m, int n, int k, bool isTransposed)
    {
        double[] product = new double[m * n];
        double[] magnitude = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                (double sum, double absolute) = (0, 0);
                for (int p = 0; p < k; p++)
                {
                    double term = a[(i * k) + p] * (isTransposed ? b[(j * k) + p] : b[(p * n) + j]);
                    sum += term;
                    absolute += Math.Abs(term);
                }

                product[(i * n) + j] = sum;
                magnitude[(i * n) + j] = absolute;
            }
        }

        return (product, magnitude);
    }

    private static double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(0.7978845608 * (x + (0.044715 * x * x * x))));

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;

    private static int Parse(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    // Mutants run on the same factors thousands of times.
    private sealed record Factors(double[] A, double[] W, double[] Product, double[] Magnitude)
    {
        public static Factors Of(int m, int n, int k, double scale = 1)
        {
            using var bench = new Bench();
            bench.Halves(m * k, out double[] a, scale);
            bench.Halves(n * k, out double[] w, scale);
            (double[] product, double[] magnitude) = GemmCases.Product(a, w, m, n, k, true);
            return new(a, w, product, magnitude);
        }
    }
}
