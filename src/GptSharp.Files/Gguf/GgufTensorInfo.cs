namespace GptSharp.Files.Gguf;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis lengths, outermost first (the file has them innermost first); empty for a scalar.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Offset">First byte, counted from the start of the data.</param>
/// <param name="ByteLength">Bytes of all elements, without the padding behind them.</param>
public sealed record GgufTensorInfo(
    string Name, GgufTensorType Type, IReadOnlyList<long> Shape, long Count, long Offset, long ByteLength)
{
    /// <summary>The shape as people write it, for example <c>(2, 3)</c>.</summary>
    public string ShapeText => $"({string.Join(", ", Shape)})";
}
