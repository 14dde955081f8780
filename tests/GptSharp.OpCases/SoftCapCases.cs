using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class SoftCapCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one", 30, 1, deviation: 20),
        Case("around the bound", 30, (17, 59), deviation: 30),
        Case("far inside", 50, (3, 257), deviation: 0.1),
        Case("several parts", 2.5, (3, 8191), deviation: 2),
        new("extremes", t => Ops.SoftCap(t[0], 30), Given(8, -600, -90, -30, -1e-3f, 1e-3f, 30, 90, 600)),
    ];

    private static OpCase Case(string name, double cap, Shape shape, double deviation) =>
        new(name, t => Ops.SoftCap(t[0], cap), Normal(shape, 7, deviation));
}
