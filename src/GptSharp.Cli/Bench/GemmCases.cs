using GptSharp.Tensors;

namespace GptSharp.Cli.Bench;

/// <summary>Products of matrices, as linear layers need them: forward (NT), gradient of the input (NN), gradient of the weight (TN).</summary>
internal static class GemmCases
{
    /// <summary>Square ones, the layers of GPT-2 124M for 256 tokens, and its head.</summary>
    public static IReadOnlyList<(int M, int N, int K)> Shapes { get; } =
    [
        (1024, 1024, 1024), (2048, 2048, 2048), (256, 2304, 768), (256, 3072, 768), (256, 768, 3072), (256, 50257, 768),
    ];

    /// <summary>C (M, N) of sums of K terms.</summary>
    /// <param name="layout"><c>nt</c>, <c>nn</c> or <c>tn</c>: whether each factor is stored as it is multiplied (n) or as its transpose (t).</param>
    /// <param name="m">M.</param>
    /// <param name="n">N.</param>
    /// <param name="k">K.</param>
    /// <param name="type">How the factors are stored.</param>
    public static BenchCase Create(string layout, int m, int n, int k, DType type)
    {
        double bytes = type.Size() * (((double)m * k) + ((double)k * n) + ((double)m * n));
        return new($"{layout} {m} x {n} x {k}", 2.0 * m * n * k, bytes, Stream: null, type == DType.BF16, engine =>
        {
            var operands = new Operands(engine);
            IBackend backend = engine.Backend;
            Tensor New(int rows, int columns) => operands.Numbers((rows, columns), type);
            switch (layout)
            {
                case "nt":
                    (Tensor y, Tensor x, Tensor weight) = (New(m, n), New(m, k), New(n, k));
                    return () => backend.Linear(y, x, weight, Tensor.None, Tensor.None);
                case "nn":
                    (Tensor dx, Tensor dy, Tensor right) = (New(m, n), New(m, k), New(k, n));
                    return () => backend.LinearBackwardInput(dx, dy, right, 0);
                default:
                    (Tensor dWeight, Tensor left, Tensor input) = (operands.Numbers((m, n)), New(k, m), New(k, n));
                    return () => backend.LinearBackwardWeight(dWeight, left, input, 0);
            }
        });
    }
}
