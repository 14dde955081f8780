namespace GptSharp.Training.Optimization;

/// <summary>What stays the same from update to update.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the bias-corrected root of the second moment.</param>
/// <param name="WeightDecay">Decoupled decay of tensors with two or more axes; the others do not decay.</param>
/// <param name="GradientClip">Largest norm of all gradients together; infinity for none.</param>
public sealed record AdamWOptions(double Beta1, double Beta2, double Epsilon, double WeightDecay, double GradientClip);
