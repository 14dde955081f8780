using System.Globalization;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>Causal attention, forward and backward, on Q, K, V and dO of shape (heads, T, D).</summary>
internal static class AttentionCases
{
    // Ragged, with several blocks of keys for each block of queries, more than half of the last block used and less; exactly one
    // block of 64; and so few rows that every copy has some outside.
    private static readonly (int Length, int Heads)[] Shapes = [(197, 2), (133, 1), (64, 1), (5, 1)];

    public static IEnumerable<KernelCase> All => Forward().Concat(KeysAndValues()).Concat(Queries()).Concat(Deltas());

    private static IEnumerable<KernelCase> Forward()
    {
        IEnumerable<(string, string, int, int, int, int)> kernels = new[] { "edited/attn_fwd3", "edited/attn_fwd5" }
            .SelectMany(file => KernelSources.Instances(file).Select(instance => (file, instance.Kernel, Parse(instance.Parameters))))
            .Select(instance => (instance.file, instance.Kernel, instance.Item3[0], instance.Item3[1], instance.Item3[2], instance.Item3[3]))
            .Append(("attn_fwd", "gs_attn_fwd_bf16_d64", 64, 64, 64, 1))
            .Append(("attn_fwd", "gs_attn_fwd_bf16_d128", 128, 128, 64, 1));
        foreach ((string file, string kernel, int d, int queries, int keys, int tiles) in kernels)
        {
            foreach ((int length, int heads) in Shapes)
            {
                yield return new(
                    file,
                    kernel,
                    $"T={length} heads={heads}",
                    new Dimensions(Tiles(length, queries), heads),
                    queries * 2 / tiles,
                    (queries * d * 2) + (4 * keys * d * 2),
                    bench =>
                    {
                        AttentionReference r = AttentionReference.Of(d, length, heads);
                        var q = bench.Halves(r.Q);
                        var k = bench.Halves(r.K);
                        var v = bench.Halves(r.V);
                        var output = bench.HalvesOut(r.Output, i => r.OutputBound[i]);
                        var logarithms = bench.FloatsOut(r.LogSumExp, i => r.LogSumExpBound[i]);
                        return [output, logarithms, q, k, v, length, (float)r.BinaryScale];
                    })
                { IsLarge = length > 64 };
            }
        }
    }

    private static IEnumerable<KernelCase> KeysAndValues()
    {
        var kernels = new List<(string File, string Kernel, int D, int Keys, int Queries, int Tiles, int SharedBytes)>
        {
            ("attn_bwd", "gs_attn_bwd_dkdv_bf16_d64", 64, 64, 64, 1, 4 * 64 * 128),
        };
        foreach (string file in new[] { "edited/attn_bwd2", "edited/attn_bwd3", "edited/attn_bwd4" })
        {
            foreach ((string kernel, string[] parameters) in KernelSources.Instances(file))
            {
                int[] p = Parse(parameters);
                (int d, int keys, int queries, int tiles) = file.EndsWith('4') ? (p[0], p[1], p[2], p[3]) : (64, p[0], p[1], p[2]);
                kernels.Add((file, kernel, d, keys, queries, tiles, (2 * keys * d * 2) + (2 * ((2 * queries * d * 2) + (8 * queries)))));
            }
        }

        foreach ((string file, string kernel, int d, int keys, int _, int tiles, int shared) in kernels)
        {
            foreach ((int length, int heads) in Shapes)
            {
                yield return new(
                    file, kernel, $"T={length} heads={heads}", new Dimensions(Tiles(length, keys), heads), keys / tiles * 2, shared, bench =>
                    {
                        AttentionReference r = AttentionReference.Of(d, length, heads);
                        KernelArgument[] inputs = Inputs(bench, r);
                        var dk = bench.HalvesOut(r.KeyGradient, i => r.KeyBound[i]);
                        var dv = bench.HalvesOut(r.ValueGradient, i => r.ValueBound[i]);
                        return [dk, dv, .. inputs];
                    })
                { IsLarge = length > 64 };
            }
        }
    }

    private static IEnumerable<KernelCase> Queries()
    {
        foreach (string file in new[] { "edited/attn_dq3", "edited/attn_dq4" })
        {
            foreach ((string kernel, string[] parameters) in KernelSources.Instances(file))
            {
                int[] p = Parse(parameters);
                (int d, int queries, int keys, int tiles) = file.EndsWith('4') ? (p[0], p[1], p[2], p[3]) : (64, p[0], p[1], p[2]);
                int shared = (2 * queries * d * 2) + (4 * keys * d * 2);
                foreach ((int length, int heads) in Shapes)
                {
                    yield return new(
                        file, kernel, $"T={length} heads={heads}", new Dimensions(Tiles(length, queries), heads), queries / tiles * 2, shared, bench =>
                        {
                            AttentionReference r = AttentionReference.Of(d, length, heads);
                            KernelArgument[] inputs = Inputs(bench, r);
                            var dq = bench.HalvesOut(r.QueryGradient, i => r.QueryBound[i]);
                            return [dq, .. inputs];
                        })
                    { IsLarge = length > 64 };
                }
            }
        }
    }

    private static IEnumerable<KernelCase> Deltas() => new[] { 64, 20, 96 }.Select(d => new KernelCase(
        "attn_bwd", "gs_attn_delta_bf16", $"rows=13 D={d}", new Dimensions(2), 256, 0, bench =>
            {
                const int rows = 13;
                var gradient = bench.Halves(rows * d, out double[] g);
                var output = bench.Halves(rows * d, out double[] o);
                double[] delta = new double[rows];
                double[] magnitude = new double[rows];
                for (int i = 0; i < rows * d; i++)
                {
                    delta[i / d] += g[i] * o[i];
                    magnitude[i / d] += Math.Abs(g[i] * o[i]);
                }

                var result = bench.FloatsOut(delta, i => magnitude[i] * d / (1 << 24));
                return [result, gradient, output, rows, d / 2];
            }));

    // Q, K, V, dO, logsumexp, delta, T and both scales.
    private static KernelArgument[] Inputs(Bench bench, AttentionReference r) =>
    [
        bench.Halves(r.Q),
        bench.Halves(r.K),
        bench.Halves(r.V),
        bench.Halves(r.OutputGradient),
        bench.Floats(r.LogSumExp),
        bench.Floats(r.Delta),
        r.Length,
        (float)r.Scale,
        (float)r.BinaryScale,
    ];

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;

    private static int[] Parse(string[] parameters) =>
        [.. parameters.TakeWhile(text => int.TryParse(text, out _)).Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
}
