using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop.Onnx;

/// <summary>What stands between the two linear layers of an MLP, from operators that every opset has.</summary>
internal static class ActivationGraph
{
    /// <summary>(B, N, F) to the same shape, or (B, N, 2F), gates first, to (B, N, F).</summary>
    public static string Of(OnnxGraphBuilder builder, GptConfig config, string x)
    {
        ActivationFunction function = config.Activation.Function(config.Gelu);
        if (!config.Activation.IsGated())
        {
            return Apply(builder, function, x);
        }

        string[] parts = builder.Split(x, config.MlpWidth, config.MlpWidth);
        return builder.Multiply(Apply(builder, function, parts[0]), parts[1]);
    }

    private static string Apply(OnnxGraphBuilder builder, ActivationFunction function, string x) => function switch
    {
        ActivationFunction.Identity => x,
        ActivationFunction.Sigmoid => builder.Node("Sigmoid", [x]),
        ActivationFunction.Relu => builder.Node("Relu", [x]),
        ActivationFunction.Swish => builder.Multiply(x, builder.Node("Sigmoid", [x])),
        ActivationFunction.GeluTanh => HalfOf(builder, x, builder.Node("Tanh", [TanhArgument(builder, x)])),
        ActivationFunction.GeluErf => HalfOf(builder, x, builder.Node("Erf", [builder.Multiply(x, builder.Constant(Math.Sqrt(0.5)))])),
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "There is no such function."),
    };

    // sqrt(2/pi) (x + 0.044715 x³)
    private static string TanhArgument(OnnxGraphBuilder builder, string x)
    {
        string cube = builder.Multiply(builder.Multiply(x, x), x);
        string sum = builder.Add(x, builder.Multiply(cube, builder.Constant(0.044715)));
        return builder.Multiply(sum, builder.Constant(Math.Sqrt(2 / Math.PI)));
    }

    // x/2 (1 + y)
    private static string HalfOf(OnnxGraphBuilder builder, string x, string y) =>
        builder.Multiply(builder.Multiply(x, builder.Constant(0.5)), builder.Add(y, builder.Constant(1)));
}
