using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class LinearActivationCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        .. Enum.GetValues<ActivationFunction>().Select(function => Alone($"{function}, odd sizes", 13, 7, 5, function)),
        .. Enum.GetValues<ActivationFunction>().Select(function => Mlp($"{function} between two layers", 13, 7, 21, function)),
        Alone("one row", 1, 37, 19, ActivationFunction.GeluTanh),
        Alone("few rows, more columns than fit", 16, 33, 150, ActivationFunction.GeluTanh),
        Alone("several tiles and chunks", 150, 530, 99, ActivationFunction.GeluTanh),
        Alone("three rows", 3, 40, 19, ActivationFunction.GeluTanh),
        Mlp("whole packs of 16 bytes through two layers", 150, 72, 136, ActivationFunction.GeluTanh),
        Mlp("one row through two layers", 1, 9, 70, ActivationFunction.GeluTanh),
        Mlp("two layers, several tiles and chunks", 150, 70, 530, ActivationFunction.GeluErf),
        new("no bias", t => F(t[0], t[1], Tensor.None), Normal((5, 6), 1), Normal((4, 6), 2).AsParameter()),
        new("three axes", t => F(t[0], t[1], t[2]), Normal((2, 3, 8), 1), Normal((4, 8), 2).AsParameter(), Normal(4, 3).AsParameter()),
        new("read by two layers", t => ReadByTwoLayers(t), Normal((5, 6), 1), Normal((7, 6), 2).AsParameter(), Normal((4, 7), 3).AsParameter(), Normal((4, 7), 4).AsParameter()),
        new("read by a layer and an addition", t => ReadByAnAddition(t), Normal((5, 6), 1), Normal((6, 6), 2).AsParameter(), Normal((6, 6), 3).AsParameter()),
        new("read by a layer of which it is the residual", t => ReadAsResidual(t), Normal((5, 6), 1), Normal((6, 6), 2).AsParameter(), Normal((6, 6), 3).AsParameter()),
        new("read by nobody but a sum", t => Ops.Scale(F(t[0], t[1], Tensor.None), 3), Normal((5, 6), 1), Normal((6, 6), 2).AsParameter()),
        new("two in a row", t => F(F(t[0], t[1], Tensor.None), t[2], Tensor.None), Normal((5, 6), 1), Normal((7, 6), 2).AsParameter(), Normal((4, 7), 3).AsParameter()),
    ];

    private static Tensor F(Tensor x, Tensor weight, Tensor bias) =>
        Ops.LinearActivation(x, weight, bias, ActivationFunction.GeluTanh);

    private static Tensor ReadByTwoLayers(Tensor[] t)
    {
        Tensor y = F(t[0], t[1], Tensor.None);
        return Ops.Linear(y, t[2], residual: Ops.Linear(y, t[3]));
    }

    private static Tensor ReadByAnAddition(Tensor[] t)
    {
        Tensor y = F(t[0], t[1], Tensor.None);
        return Ops.Add(y, Ops.Linear(y, t[2]));
    }

    private static Tensor ReadAsResidual(Tensor[] t)
    {
        Tensor y = F(t[0], t[1], Tensor.None);
        return Ops.Linear(y, t[2], residual: y);
    }

    private static OpCase Alone(string name, int rows, int inputs, int outputs, ActivationFunction function) => new(
        name, t => Ops.LinearActivation(t[0], t[1], t[2], function),
        Normal((rows, inputs), 1, deviation: 1 / Math.Sqrt(inputs)), Normal((outputs, inputs), 2).AsParameter(), Normal(outputs, 3).AsParameter());

    /// <summary>A layer with an activation and one behind it.</summary>
    public static OpCase Mlp(string name, int rows, int width, int hidden, ActivationFunction function) => new(
        name, t => Ops.Linear(Ops.LinearActivation(t[0], t[1], t[2], function), t[3], t[4]),
        Normal((rows, width), 1), Normal((hidden, width), 2, deviation: 0.3).AsParameter(), Normal(hidden, 3).AsParameter(),
        Normal((width, hidden), 4, deviation: 0.3).AsParameter(), Normal(width, 5).AsParameter());
}
