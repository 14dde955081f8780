using System.Runtime.InteropServices;

namespace GptSharp.Data.Preparation;

/// <summary>What the survey found out about a section.</summary>
/// <param name="HashHigh">XxHash128 of its text after cleaning: the high half.</param>
/// <param name="HashLow">The low half.</param>
/// <param name="Characters">Its Unicode characters after cleaning.</param>
/// <param name="Reason">Number of the reason to drop it, from 1; 0 to keep it.</param>
/// <param name="IsContinuation">1 if it continues the document before it.</param>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct SurveyRecord(ulong HashHigh, ulong HashLow, int Characters, short Reason, short IsContinuation);
