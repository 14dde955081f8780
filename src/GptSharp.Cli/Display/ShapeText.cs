using System.Globalization;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Cli.Display;

/// <summary>The parts of a model's shape in words.</summary>
internal static class ShapeText
{
    /// <summary>Heads, and how keys and values are shared.</summary>
    public static string Heads(GptConfig config)
    {
        string heads = $"{Number(config.HeadCount)} of {Number(config.HeadSize)} channels";
        return config.KeyHeadCount == config.HeadCount ? heads : $"{heads}, keys and values of {Number(config.KeyHeadCount)}";
    }

    /// <summary>What stands between the MLP's two layers.</summary>
    public static string Activation(GptConfig config)
    {
        string name = config.Activation switch
        {
            MlpActivation.Gelu => "GELU",
            MlpActivation.Relu => "ReLU",
            MlpActivation.Glu => "GLU",
            MlpActivation.Geglu => "GEGLU",
            MlpActivation.Swiglu => "SwiGLU",
            MlpActivation.Reglu => "ReGLU",
            _ => config.Activation.ToString(),
        };
        return config.Activation.UsesGelu() ? $"{name} ({(config.Gelu == GeluForm.Tanh ? "tanh form" : "exact")})" : name;
    }

    /// <summary>Which norms, where.</summary>
    public static string Norms(GptConfig config) =>
        $"{config.Norm}, epsilon {Number(config.LayerNormEpsilon)}{(config.QkNorm ? "; RMSNorm of query and key heads" : "")}";

    /// <summary>How positions are told apart.</summary>
    public static string Positions(GptConfig config) => config.Positions switch
    {
        PositionEncoding.Rope => $"rotary positions ({Rope(config)})",
        PositionEncoding.Alibi => "ALiBi",
        PositionEncoding.None => "no positions",
        _ => $"{config.Positions.ToString().ToLowerInvariant()} positions",
    };

    /// <summary>Which linear layers and norms have biases.</summary>
    public static string Biases(GptConfig config) => (config.Bias, config.QkvBias, config.MlpBias) switch
    {
        (true, true, true) => "yes",
        (false, false, false) => "no",
        (false, true, false) => "of queries, keys and values only",
        (false, false, true) => "of the MLP only",
        (false, true, true) => "of queries, keys, values and the MLP only",
        (true, false, true) => "yes, but of queries, keys and values",
        (true, true, false) => "yes, but of the MLP",
        (true, false, false) => "yes, but of queries, keys, values and the MLP",
    };

    /// <summary>Options that the other lines do not show; empty when there are none.</summary>
    public static string Options(GptConfig config)
    {
        (bool IsSet, string Text)[] options =
        [
            (config.Parallel, "parallel blocks"),
            (config.Window is not null, $"window of {Number(config.Window ?? 0)}"),
            (config.DocumentToken is not null, "document mask"),
            (config.AttentionCap > 0, $"attention cap {Number(config.AttentionCap)}"),
            (config.LogitCap > 0, $"logit cap {Number(config.LogitCap)}"),
            (config.ZLoss > 0, $"z-loss {Number(config.ZLoss)}"),
        ];
        return string.Join(", ", options.Where(option => option.IsSet).Select(option => option.Text));
    }

    private static string Rope(GptConfig config)
    {
        RopeConfig rope = config.Rope;
        string pairing = rope.Pairing == RopePairing.Interleaved ? "interleaved" : "rotate-half";
        string width = config.RopeWidth == config.HeadSize ? "" : $", {Number(config.RopeWidth)} channels";
        string scaling = rope.Scaling == RopeScaling.None ? "" : $", {rope.Scaling.ToString().ToLowerInvariant()} scaling by {Number(rope.Factor)}";
        return $"{pairing}, theta {Number(rope.Theta)}{width}{scaling}";
    }

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
}
