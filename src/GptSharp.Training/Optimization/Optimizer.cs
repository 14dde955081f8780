using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Optimization;

/// <summary>
/// Moves all parameters of a model along their gradients, which are clipped by the norm of all of them together. Parameters lie one after
/// the other in memory, those that decay first, so an update is one pass over each of two ranges, or of a few more where parts of the
/// model have learning rates of their own.
/// </summary>
public abstract class Optimizer
{
    // No random operation of a model has this site.
    private const uint RoundingSite = uint.MaxValue;

    private readonly ulong _seed;
    private readonly List<(long First, long Count, bool Decays, double RateScale)> _ranges = [];

    /// <summary>Switches gradients on.</summary>
    /// <param name="model">The parameters.</param>
    /// <param name="seed">Keys the stochastic rounding of parameters that are stored in BF16 without master weights.</param>
    /// <param name="rateScale">Factor of the learning rate for a parameter; null for 1.</param>
    private protected Optimizer(ModelArena model, ulong seed, Func<Parameter, double>? rateScale)
    {
        (Model, _seed) = (model, seed);
        model.EnableGradients();
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

    /// <summary>Which optimizer it is, in configurations and checkpoints.</summary>
    public abstract OptimizerKind Kind { get; }

    /// <summary>What it remembers from update to update, under the names that PyTorch gives it; a checkpoint holds it.</summary>
    public abstract IReadOnlyList<ParameterBuffer> States { get; }

    /// <summary>Updates made so far.</summary>
    public long Updates { get; set; }

    /// <summary>The parameters.</summary>
    private protected ModelArena Model { get; }

    /// <summary>The norm of all gradients together; parameters that no backward pass reached count as zero.</summary>
    /// <returns>One element.</returns>
    public Tensor GradientNorm()
    {
        Model.CompleteGradients();
        return Ops.GradientNorm(Model.Gradients!.Flat);
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
            Move(step, norm, first, count, decays, learningRate * rateScale, new RandomKey(_seed, (uint)Updates, 0, RoundingSite));
        }
    }

    /// <summary>Moves some of the elements.</summary>
    /// <param name="step">The open step.</param>
    /// <param name="norm">Norm of all gradients.</param>
    /// <param name="first">First element of the flat buffers.</param>
    /// <param name="count">How many.</param>
    /// <param name="decays">Whether weight decay acts on them.</param>
    /// <param name="learningRate">Their step size.</param>
    /// <param name="key">What stochastic rounding draws from.</param>
    private protected abstract void Move(
        Step step, Tensor norm, long first, long count, bool decays, double learningRate, RandomKey key);
}
