namespace GptSharp.Ptx.Arithmetic;

/// <summary>What a launch may change about arithmetic.</summary>
/// <param name="Perturb">Move the results of approximate functions by their documented error bound, up or down by a hash of the
/// operands; otherwise they are rounded correctly.</param>
internal readonly record struct ArithmeticOptions(bool Perturb);
