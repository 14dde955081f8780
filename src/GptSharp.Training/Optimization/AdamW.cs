using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Optimization;

/// <summary>AdamW over all parameters of a model (Loshchilov and Hutter 2019).</summary>
public sealed class AdamW : Optimizer
{
    private readonly AdamWOptions _options;

    /// <summary>Creates the moments, as zeros.</summary>
    /// <param name="model">The parameters; their gradients are switched on.</param>
    /// <param name="options">What stays the same from update to update.</param>
    /// <param name="seed">Keys the stochastic rounding of parameters that are stored in BF16 without master weights.</param>
    /// <param name="rateScale">Factor of the learning rate for a parameter; null for 1.</param>
    public AdamW(ModelArena model, AdamWOptions options, ulong seed = 0, Func<Parameter, double>? rateScale = null)
        : base(model, seed, rateScale)
    {
        _options = options;
        FirstMoment = model.NewBuffer("exp_avg");
        SecondMoment = model.NewBuffer("exp_avg_sq");
    }

    /// <inheritdoc/>
    public override OptimizerKind Kind => OptimizerKind.AdamW;

    /// <summary>The running mean of gradients.</summary>
    public ParameterBuffer FirstMoment { get; }

    /// <summary>The running mean of squared gradients.</summary>
    public ParameterBuffer SecondMoment { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterBuffer> States => [FirstMoment, SecondMoment];

    private protected override void Move(
        Step step, Tensor norm, long first, long count, bool decays, double learningRate, RandomKey key)
    {
        var scalars = new AdamWScalars(
            learningRate, _options.Beta1, _options.Beta2, _options.Epsilon, decays ? _options.WeightDecay : 0, Updates, _options.GradientClip);
        step.Run(new AdamWOp(
            Model.Values!.Flat, Model.MasterWeights?.Flat ?? Tensor.None, FirstMoment.Flat, SecondMoment.Flat, Model.Gradients!.Flat, norm,
            first, count, scalars, key));
    }
}
