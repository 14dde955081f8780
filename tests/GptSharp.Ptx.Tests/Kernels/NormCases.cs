namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>LayerNorm and RMSNorm of rows of C channels, forward and backward, and the sums of columns behind them.</summary>
internal static class NormCases
{
    private const double HalfUlp = 1.0 / 256;

    // A few dozen roundings of binary32 and an approximate root of 2^-22.9, relative to the terms that are added.
    private const double Float = 1.0 / (1 << 18);
    private const float Epsilon = 1e-5f;

    public static IEnumerable<KernelCase> All =>
    [
        Forward("norms", "gs_layernorm_fwd_bf16_c1024", 7, 1024, true, false, 4),
        Forward("norms", "gs_layernorm_fwd_bf16_c1024", 3, 200, true, false, 4),
        Forward("norms", "gs_rmsnorm_fwd_bf16_c1024", 5, 1000, true, true, 4),
        Forward("norms", "gs_rmsnorm_fwd_bf16_c1024", 3, 200, true, true, 4),
        Forward("norms", "gs_layernorm_fwd_f32", 6, 77, false, false, 4),
        Forward("norms", "gs_layernorm_fwd_f32", 3, 20, false, false, 4),
        Forward("edited/norms2", "ln_fwd_c1024", 7, 1024, true, false, 4, hasChannels: false),
        Forward("edited/norms2", "ln_fwd_c1024_r40", 7, 1024, true, false, 4, hasChannels: false),
        Backward("norms", "gs_layernorm_bwd_f32_stage1", 21, 200, hasChannels: true),
        Backward("norms", "gs_layernorm_bwd_f32_stage1", 3, 20, hasChannels: true),
        Backward("edited/norms2", "ln_bwd_c1024", 21, 1024, hasChannels: false),
        Backward("edited/norms2", "ln_bwd_c1024_c2", 21, 1024, hasChannels: false),
        Backward("edited/norms2", "ln_bwd_c768", 21, 768, hasChannels: false),
        Backward("edited/norms2", "ln_bwd_c1024", 3, 1024, hasChannels: false),
        Backward("edited/norms2", "ln_bwd_c1024_c2", 3, 1024, hasChannels: false),
        Backward("edited/norms2", "ln_bwd_c768", 3, 768, hasChannels: false),
        ColumnSums(21),
        ColumnSums(16),
        ColumnSums(5),
        ColumnSums(0),
        AtomicSums(90),
        AtomicSums(40),
    ];

    private static KernelCase Forward(
        string file, string kernel, int rows, int c, bool isHalf, bool isRms, int rowsPerBlock, bool hasChannels = true) => new(
        file, kernel, $"{rows}x{c}", new Dimensions((rows + rowsPerBlock - 1) / rowsPerBlock), rowsPerBlock * 32, 0, bench =>
        {
            var x = isHalf ? bench.Halves(rows * c, out double[] xv) : bench.Floats(rows * c, out xv);
            var g = isHalf ? bench.Halves(c, out double[] gv) : bench.Floats(c, out gv);
            var b = isHalf ? bench.Halves(c, out double[] bv) : bench.Floats(c, out bv);
            (double[] means, double[] scales) = Statistics(xv, rows, c, isRms);
            double[] y = new double[rows * c];
            double[] bound = new double[rows * c];
            for (int i = 0; i < y.Length; i++)
            {
                double normed = (xv[i] - means[i / c]) * scales[i / c];
                double shift = isRms ? 0 : bv[i % c];
                y[i] = (normed * gv[i % c]) + shift;
                bound[i] = (isHalf ? HalfUlp * Math.Abs(y[i]) : 0)
                    + (Float * (((Math.Abs(normed) + Math.Abs(means[i / c] * scales[i / c]) + 1) * Math.Abs(gv[i % c])) + Math.Abs(shift)));
            }

            var output = isHalf ? bench.HalvesOut(y, i => bound[i]) : bench.FloatsOut(y, i => bound[i]);
            var mean = isRms ? null : bench.FloatsOut(means, i => Float);
            var scale = bench.FloatsOut(scales, i => Float * scales[i]);
            return isRms ? [output, scale, x, g, rows, c, Epsilon]
                : hasChannels ? [output, mean!, scale, x, g, b, rows, c, Epsilon]
                : [output, mean!, scale, x, g, b, rows, Epsilon];
        });

    // dx is added to; every block leaves its own sums for gamma and beta.
    private static KernelCase Backward(string file, string kernel, int rows, int c, bool hasChannels) => new(
        file, kernel, $"{rows}x{c}", new Dimensions(2), 256, 2 * c * 4, bench =>
        {
            const int blocks = 2;
            const int warps = 8;
            var dy = bench.Floats(rows * c, out double[] dyv);
            var x = bench.Floats(rows * c, out double[] xv);
            var g = bench.Floats(c, out double[] gv);
            (double[] means, double[] scales) = Statistics(xv, rows, c, false);
            var mean = bench.Floats(means);
            var scale = bench.Floats(scales);
            var dx = bench.Floats(rows * c, out double[] dxv);
            double[] part = new double[blocks * 2 * c];
            double[] partBound = new double[part.Length];
            double[] bound = new double[rows * c];
            for (int row = 0; row < rows; row++)
            {
                double[] normed = [.. Enumerable.Range(row * c, c).Select(i => (xv[i] - means[row]) * scales[row])];
                double[] d = [.. Enumerable.Range(row * c, c).Select(i => dyv[i] * gv[i % c])];
                double a = d.Sum() / c;
                double b = d.Zip(normed, (p, q) => p * q).Sum() / c;
                double magnitude = d.Select(Math.Abs).Max() * normed.Select(value => Math.Abs(value) + 1).Max();
                int block = row / warps % blocks;
                for (int i = 0; i < c; i++)
                {
                    dxv[(row * c) + i] += scales[row] * (d[i] - a - (normed[i] * b));
                    bound[(row * c) + i] = Float * ((scales[row] * magnitude * 3) + Math.Abs(dxv[(row * c) + i]));
                    part[(block * 2 * c) + i] += dyv[(row * c) + i] * normed[i];
                    part[(block * 2 * c) + c + i] += dyv[(row * c) + i];
                    partBound[(block * 2 * c) + i] += Float * Math.Abs(dyv[(row * c) + i]) * (Math.Abs(normed[i]) + 1);
                    partBound[(block * 2 * c) + c + i] += Float * Math.Abs(dyv[(row * c) + i]);
                }
            }

            var parts = bench.FloatsOut(part, i => partBound[i] + 1e-12);
            bench.Expect(dx, false, dxv, i => bound[i]);
            return hasChannels ? [dx, parts, dy, x, g, mean, scale, rows, c] : [dx, parts, dy, x, g, mean, scale, rows];
        });

    private static KernelCase ColumnSums(int parts) => new("norms", "gs_colsum_stage2_f32", $"{parts}x70", new Dimensions(2), 64, 0, bench =>
    {
        const int n = 70;
        var part = bench.Floats(parts * n, out double[] pv);
        var sum = bench.Floats(n, out double[] sv);
        double[] magnitude = [.. Enumerable.Range(0, n).Select(i => Math.Abs(sv[i]) + Enumerable.Range(0, parts).Sum(p => Math.Abs(pv[(p * n) + i])))];
        double[] total = [.. Enumerable.Range(0, n).Select(i => sv[i] + Enumerable.Range(0, parts).Sum(p => pv[(p * n) + i]))];
        bench.Expect(sum, false, total, i => magnitude[i] * (parts + 1) / (1 << 24));
        return [sum, part, parts, n];
    });

    // Two rows of blocks add to the same sums atomically, in any order.
    private static KernelCase AtomicSums(int rows) => new("norms", "gs_layernorm_bwd_f32_atomic", $"{rows}x70", new Dimensions(2, 64), 64, 0, bench =>
    {
        const int c = 70;
        var dy = bench.Floats(rows * c, out double[] dyv);
        var x = bench.Floats(rows * c, out double[] xv);
        (double[] means, double[] scales) = Statistics(xv, rows, c, false);
        var dg = bench.Floats(c, out double[] gv);
        var db = bench.Floats(c, out double[] bv);
        double[] gammaBound = [.. gv.Select(value => Float * Math.Abs(value))];
        double[] betaBound = [.. bv.Select(value => Float * Math.Abs(value))];
        for (int i = 0; i < rows * c; i++)
        {
            double normed = (xv[i] - means[i / c]) * scales[i / c];
            gv[i % c] += dyv[i] * normed;
            bv[i % c] += dyv[i];
            gammaBound[i % c] += Float * Math.Abs(dyv[i]) * (Math.Abs(normed) + 1);
            betaBound[i % c] += Float * Math.Abs(dyv[i]);
        }

        bench.Expect(dg, false, gv, i => gammaBound[i]);
        bench.Expect(db, false, bv, i => betaBound[i]);
        return [dg, db, dy, x, bench.Floats(means), bench.Floats(scales), rows, c];
    });

    private static (double[] Means, double[] Scales) Statistics(double[] x, int rows, int c, bool isRms)
    {
        double[] means = new double[rows];
        double[] scales = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> values = x.AsSpan(row * c, c);
            double sum = 0;
            double squares = 0;
            foreach (double value in values)
            {
                sum += value;
            }

            means[row] = isRms ? 0 : sum / c;
            foreach (double value in values)
            {
                squares += (value - means[row]) * (value - means[row]);
            }

            scales[row] = 1 / Math.Sqrt((squares / c) + Epsilon);
        }

        return (means, scales);
    }
}
