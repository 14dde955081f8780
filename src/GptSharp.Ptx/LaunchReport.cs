using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx;

/// <summary>What a launch did.</summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Findings">Mistakes, when the options ask to collect them.</param>
/// <param name="Counters">What was counted, when the options ask for it.</param>
/// <param name="WarpInstructions">Steps that all warps executed; some statements are several steps.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record LaunchReport(
    string Kernel, IReadOnlyList<Finding> Findings, LaunchCounters? Counters, long WarpInstructions, TimeSpan Elapsed);
