namespace GptSharp.Files.Safetensors;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis lengths, outermost first; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the data.</param>
/// <param name="ByteLength">Bytes of all elements.</param>
public sealed record SafetensorsEntry(
    string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>Number of elements.</summary>
    public long Count => (long)((Int128)ByteLength * 8 / Type.Bits());

    /// <summary>The same, as for a file of any format.</summary>
    public TensorInfo Info => new(Name, Type.ToString(), Shape);

    /// <summary>The shape as people write it, for example <c>(2, 3)</c>.</summary>
    public string ShapeText => $"({string.Join(", ", Shape)})";
}
