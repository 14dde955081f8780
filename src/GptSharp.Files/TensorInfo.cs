namespace GptSharp.Files;

/// <summary>One tensor of a file, whatever the file's format.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type, by the name that the format gives it, for example <c>F32</c> or <c>Q8_0</c>.</param>
/// <param name="Shape">Axis lengths, outermost first whatever the file's own order; empty for a scalar.</param>
public sealed record TensorInfo(string Name, string Type, IReadOnlyList<long> Shape)
{
    /// <summary>The shape as people write it, for example <c>(2, 3)</c>.</summary>
    public string ShapeText => $"({string.Join(", ", Shape)})";

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (count, length) => checked(count * length));
}
