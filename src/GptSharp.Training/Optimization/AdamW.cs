using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Optimization;

/// <summary>
/// AdamW over all parameters of a model (Loshchilov and Hutter 2019), with clipping by the global norm. Parameters lie one
/// after the other in memory, those that decay first, so an update is one pass over each of two ranges, or of a few more where parts of the
/// model have learning rates of their own.
/// </summary>
public sealed class AdamW
{
    // No random operation of a model has this site.
    private const uint RoundingSite = uint.MaxValue;

    private readonly ModelArena _model;
    private readonly ulong _seed;
    private readonly AdamWOptions _options;
    private readonly List<(long First, long Count, bool Decays, double RateScale)> _ranges = [];

    /// <summary>Creates the moments, as zeros.</summary>
    /// <param name="model">The parameters; their gradients are switched on.</param>
    /// <param name="options">What stays the same from update to update.</param>
    /// <param name="seed">Keys the stochastic rounding of parameters that are stored in BF16 without master weights.</param>
    /// <param name="rateScale">Factor of the learning rate for a parameter; null for 1.</param>
    public AdamW(ModelArena model, AdamWOptions options, ulong seed = 0, Func<Parameter, double>? rateScale = null)
    {
        _seed = seed;
        _model = model;
        _options = options;
        model.EnableGradients();
        FirstMoment = model.NewBuffer("exp_avg");
        SecondMoment = model.NewBuffer("exp_avg_sq");
        foreach (Parameter parameter in model.Parameters)
        {
            bool decays = parameter.Value.Shape.Rank >= 2;
            long count = parameter.Value.Count;
            double scale = rateScale?.Invoke(parameter) ?? 1;
            if (_ranges.Count > 0 && _ranges[^1].Decays == decays && _ranges[^1].RateScale == scale)
            {
                _ranges[^1] = _ranges[^1] with { Count = parameter.Offset + count - _ranges[^1].First };
            }
            else
            {
                _ranges.Add((parameter.Offset, count, decays, scale));
            }
        }
    }

    /// <summary>The running mean of gradients.</summary>
    public ParameterBuffer FirstMoment { get; }

    /// <summary>The running mean of squared gradients.</summary>
    public ParameterBuffer SecondMoment { get; }

    /// <summary>Updates made so far.</summary>
    public long Updates { get; set; }

    /// <summary>The norm of all gradients together; parameters that no backward pass reached count as zero.</summary>
    /// <returns>One element.</returns>
    public Tensor GradientNorm()
    {
        _model.CompleteGradients();
        return Ops.GradientNorm(_model.Gradients!.Flat);
    }

    /// <summary>Moves the parameters once.</summary>
    /// <param name="step">The open step.</param>
    /// <param name="norm">What <see cref="GradientNorm"/> gave.</param>
    /// <param name="learningRate">Step size of this update.</param>
    public void Update(Step step, Tensor norm, double learningRate)
    {
        Updates++;
        foreach ((long first, long count, bool decays, double rateScale) in _ranges)
        {
            var scalars = new AdamWScalars(
                learningRate * rateScale, _options.Beta1, _options.Beta2, _options.Epsilon,
                decays ? _options.WeightDecay : 0, Updates, _options.GradientClip);
            step.Run(new AdamWOp(
                _model.Values!.Flat, _model.MasterWeights?.Flat ?? Tensor.None, FirstMoment.Flat, SecondMoment.Flat, _model.Gradients!.Flat, norm,
                first, count, scalars, new RandomKey(_seed, (uint)Updates, 0, RoundingSite)));
        }
    }
}
