using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Optimization;

/// <summary>Stochastic gradient descent with momentum over all parameters of a model (Sutskever et al. 2013, in PyTorch's form).</summary>
public sealed class Sgd : Optimizer
{
    private readonly SgdOptions _options;

    /// <summary>Creates the velocity, as zeros.</summary>
    /// <param name="model">The parameters; their gradients are switched on.</param>
    /// <param name="options">What stays the same from update to update.</param>
    /// <param name="seed">Keys the stochastic rounding of parameters that are stored in BF16 without master weights.</param>
    /// <param name="rateScale">Factor of the learning rate for a parameter; null for 1.</param>
    public Sgd(ModelArena model, SgdOptions options, ulong seed = 0, Func<Parameter, double>? rateScale = null)
        : base(model, seed, rateScale)
    {
        _options = options;
        Velocity = model.NewBuffer("momentum_buffer");
    }

    /// <inheritdoc/>
    public override OptimizerKind Kind => OptimizerKind.Sgd;

    /// <summary>The running sum of gradients.</summary>
    public ParameterBuffer Velocity { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterBuffer> States => [Velocity];

    private protected override void Move(
        Step step, Tensor norm, long first, long count, bool decays, double learningRate, RandomKey key)
    {
        var scalars = new SgdScalars(
            learningRate, _options.Momentum, _options.Nesterov, decays ? _options.WeightDecay : 0, _options.GradientClip);
        step.Run(new SgdOp(
            Model.Values!.Flat, Model.MasterWeights?.Flat ?? Tensor.None, Velocity.Flat, Model.Gradients!.Flat, norm,
            first, count, scalars, key));
    }
}
