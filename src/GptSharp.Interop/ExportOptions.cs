namespace GptSharp.Interop;

/// <summary>How a model is written.</summary>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="MaxShardSize">Most bytes of tensors per file, where the format has several; null for one file.</param>
public sealed record ExportOptions(WeightType Type = WeightType.F32, long? MaxShardSize = null);
