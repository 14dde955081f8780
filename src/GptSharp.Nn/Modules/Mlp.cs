using GptSharp.Tensors;

namespace GptSharp.Nn.Modules;

/// <summary>The block's second half: widen, GELU, narrow, dropout.</summary>
public sealed class Mlp
{
    private readonly GptConfig _config;
    private readonly Linear _up;
    private readonly Linear _down;
    private readonly uint _dropoutSite;

    /// <summary>Declares <c>c_fc</c> and <c>c_proj</c>.</summary>
    public Mlp(ModuleBuilder builder, GptConfig config)
    {
        _config = config;
        _up = new Linear(builder.In("c_fc"), config.Width, config.MlpWidth, config.Bias, GptInitialization.Deviation);
        _down = new Linear(
            builder.In("c_proj"), config.MlpWidth, config.Width, config.Bias, GptInitialization.ResidualDeviation(config));
        _dropoutSite = builder.NextSite();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public Tensor Forward(Tensor x)
    {
        Tensor hidden = _up.Forward(x);                         // (B, T, 4C)
        Tensor active = Ops.Gelu(hidden, _config.Gelu);         // (B, T, 4C)
        Tensor y = _down.Forward(active);                       // (B, T, C)
        return Ops.Dropout(y, _config.Dropout, _dropoutSite);
    }
}
