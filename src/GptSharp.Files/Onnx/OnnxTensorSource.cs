namespace GptSharp.Files.Onnx;

/// <summary>A tensor of a file, and where its values are: as bytes in the file itself, as numbers in its message, or in a file beside it.</summary>
/// <param name="Name">Its name; empty for one that belongs to a node.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Axis lengths, outermost first.</param>
/// <param name="MessageStart">Where its message begins, without the length.</param>
/// <param name="MessageEnd">Where its message ends.</param>
/// <param name="Bytes">First byte of its values in the file, or null.</param>
/// <param name="External">Where its values are beside the file, or null.</param>
internal sealed record OnnxTensorSource(
    string Name, OnnxType Type, IReadOnlyList<long> Shape, long MessageStart, long MessageEnd, long? Bytes, ExternalPlace? External)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (count, length) => count * length);

    /// <summary>Bytes of all elements; 0 for texts.</summary>
    public long ByteLength => Type.ByteLength(Count);
}
