namespace GptSharp.Training.Optimization;

/// <summary>The optimizers that a run can name.</summary>
public enum OptimizerKind
{
    /// <summary><see cref="Optimization.AdamW"/>.</summary>
    AdamW,

    /// <summary><see cref="Optimization.Sgd"/>.</summary>
    Sgd,
}
