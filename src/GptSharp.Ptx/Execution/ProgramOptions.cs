namespace GptSharp.Ptx.Execution;

/// <summary>What of a launch's options changes the decoded program.</summary>
/// <param name="Perturb">Move the results of approximate functions by their error bound.</param>
/// <param name="Mma">How matrix products are rounded.</param>
internal readonly record struct ProgramOptions(bool Perturb, MmaModel Mma);
