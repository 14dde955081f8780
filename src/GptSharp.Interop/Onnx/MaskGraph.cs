using GptSharp.Files.Onnx;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// What is added to the scores: nothing where a token may look, and so much where it may not that nothing is left of it. A token looks at
/// itself and those before it that the mask counts. Windows and ALiBi need distances: these are counted in tokens of the mask, too, so
/// that padding between the tokens of a sequence makes no difference.
/// </summary>
internal sealed class MaskGraph(GptConfig config, OnnxGraphBuilder builder, GptWeights weights)
{
    /// <summary>(B, N) tokens and (B, T) mask to (B, 1, N, T), or (B, H, N, T) with ALiBi.</summary>
    public string Bias(string tokens, string mask)
    {
        string total = Length(mask);
        string past = builder.Subtract(total, Length(tokens));
        string one = builder.Scalar(1);
        string keys = builder.Node("Range", [builder.Scalar(0), total, one]);                            // (T)
        string queries = builder.Unsqueeze(builder.Node("Range", [past, total, one]), 1);                // (N, 1)
        string counted = builder.Cast(mask, OnnxType.BOOL);                                              // (B, T)
        string visible = builder.Node("And", [builder.Node("LessOrEqual", [keys, queries]), builder.Unsqueeze(counted, 1, 2)]);   // (B, 1, N, T)
        string? distance = config.Window is null && config.Positions != PositionEncoding.Alibi ? null : Distance(mask, past, total);
        if (config.Window is { } window)
        {
            visible = builder.Node("And", [visible, builder.Node("Less", [distance!, builder.Scalar(window)])]);
        }

        // The lowest number rather than minus infinity: padding that sees nothing at all gets an average, not 0 / 0.
        string scores = builder.Node("Where", [visible, builder.Constant(0), builder.Constant(float.MinValue)]);                  // (B, 1, N, T)
        if (config.Positions == PositionEncoding.Alibi)
        {
            string far = builder.Cast(distance!, OnnxType.FLOAT);
            scores = builder.Subtract(scores, builder.Multiply(far, Slopes()));                          // (B, H, N, T)
        }

        return scores;
    }

    // (B, 1, N, T): by how many counted tokens a key stands before a query.
    private string Distance(string mask, string past, string total)
    {
        string places = builder.Node("CumSum", [mask, builder.Scalar(1)]);                               // (B, T)
        string own = builder.Node(
            "Slice", [places, builder.Unsqueeze(past, 0), builder.Unsqueeze(total, 0), builder.Integers(1)]);                     // (B, N)
        return builder.Subtract(builder.Unsqueeze(own, 1, 3), builder.Unsqueeze(places, 1, 2));
    }

    // (H, 1, 1)
    private string Slopes()
    {
        var form = new AttentionForm(config.HeadCount, config.KeyHeadCount);
        return weights.Table("alibi.slopes", [config.HeadCount, 1, 1], () => [.. Enumerable.Range(0, config.HeadCount).Select(form.AlibiSlope)]);
    }

    private string Length(string x) => builder.Gather(builder.Node("Shape", [x]), builder.Scalar(1));
}
