using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class ActivationCases : IOpCases
{
    private static readonly float[] Extremes = [-1000, -30, -6, -1e-2f, 1e-2f, 1, 6, 30, 1000];

    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("gelu, one", t => Ops.Gelu(t[0]), Normal(1, 7)),
        new("gelu erf, several chunks", t => Ops.Gelu(t[0], GeluForm.Erf), Normal((3, 8191), 7, deviation: 2)),
        .. Enum.GetValues<ActivationFunction>().SelectMany(CasesOf),
    ];

    private static IEnumerable<OpCase> CasesOf(ActivationFunction function) =>
    [
        new($"{function}, odd", t => Ops.Activation(t[0], function), AwayFromZero((17, 59), 7)),
        new($"{function}, extremes", t => Ops.Activation(t[0], function), Given(Extremes.Length, Extremes)),
    ];

    // ReLU has no slope at 0, so central differences must not reach over it.
    internal static OpInput AwayFromZero(Shape shape, int seed) => Given(
        shape, [.. Normal(shape, seed, deviation: 2).ToDoubles().Select(value => (float)(value + (0.02 * Math.Sign(value))))]);
}
