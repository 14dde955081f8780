using GptSharp.Nn;

namespace GptSharp.Interop.Onnx;

/// <summary>LayerNorm, which opset 17 has an operator for, and RMSNorm, which it has none for.</summary>
internal sealed class NormGraph(GptConfig config, OnnxGraphBuilder builder, GptWeights weights)
{
    /// <summary>(..., C) to the same shape, by the model's norm of that name.</summary>
    public string Of(string x, string name)
    {
        string weight = weights.Plain(name + ".weight");
        if (config.Norm == NormKind.RMSNorm)
        {
            return RootMeanSquare(x, weight);
        }

        string[] inputs = weights.Has(name + ".bias") ? [x, weight, weights.Plain(name + ".bias")] : [x, weight];
        return builder.Node("LayerNormalization", inputs, ("axis", -1L), ("epsilon", (float)config.LayerNormEpsilon));
    }

    /// <summary>x / sqrt(mean(x²) + epsilon) times the weight, over the last axis.</summary>
    public string RootMeanSquare(string x, string weight)
    {
        string mean = builder.Node("ReduceMean", [builder.Multiply(x, x)], ("axes", new[] { -1L }), ("keepdims", 1L));
        string root = builder.Node("Sqrt", [builder.Add(mean, builder.Constant(config.LayerNormEpsilon))]);
        return builder.Multiply(builder.Divide(x, root), weight);
    }
}
