using GptSharp.Tensors;

namespace GptSharp.Nn.Modules;

/// <summary>The block's second half: widen, activation, narrow, dropout, and the addition to the residual stream.</summary>
public sealed class Mlp
{
    private readonly Linear _up;
    private readonly Linear _down;
    private readonly ActivationFunction _function;
    private readonly bool _isGated;
    private readonly double _dropout;
    private readonly uint _dropoutSite;

    /// <summary>
    /// Declares <c>c_fc</c> and <c>c_proj</c>. Of a gated activation, <c>c_fc</c> has 2 F rows: the gates, then what they gate.
    /// </summary>
    public Mlp(ModuleBuilder builder, GptConfig config)
    {
        (_function, _isGated, _dropout) = (config.Activation.Function(config.Gelu), config.Activation.IsGated(), config.Dropout);
        int hidden = _isGated ? 2 * config.MlpWidth : config.MlpWidth;
        _up = new Linear(builder.In("c_fc"), config.Width, hidden, config.MlpBias, GptInitialization.Deviation);
        _down = new Linear(
            builder.In("c_proj"), config.MlpWidth, config.Width, config.MlpBias, GptInitialization.ResidualDeviation(config));
        _dropoutSite = builder.NextSite();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    /// <param name="x">The normalised residual stream.</param>
    /// <param name="residual">The residual stream, to which the result is added.</param>
    public Tensor Forward(Tensor x, Tensor residual)
    {
        Tensor active = _isGated
            ? Ops.GatedUnit(_up.Forward(x), _function)                         // (B, T, 2F) to (B, T, F)
            : _up.Forward(x, _function);                                       // (B, T, F)
        return _down.Forward(active, residual, _dropout, _dropoutSite);        // (B, T, C)
    }
}
