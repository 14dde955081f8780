namespace GptSharp.Training.Optimization;

/// <summary>What stays the same from update to update.</summary>
/// <param name="Momentum">How much of the velocity is kept; 0 for plain descent.</param>
/// <param name="Nesterov">Whether each move looks one update ahead.</param>
/// <param name="WeightDecay">Coupled decay of tensors with two or more axes; the others do not decay.</param>
/// <param name="GradientClip">Largest norm of all gradients together; infinity for none.</param>
public sealed record SgdOptions(double Momentum, bool Nesterov, double WeightDecay, double GradientClip);
