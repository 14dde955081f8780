using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace GptSharp.Files.Gguf;

/// <summary>A GGUF file as a file of tensors like any other.</summary>
/// <param name="file">The file, which is closed with this.</param>
internal sealed class GgufTensorFile(GgufFile file) : ITensorFile
{
    // A vocabulary is told by its length and first entries.
    private const int ShownElements = 8;
    private const int PieceBytes = 1 << 20;

    /// <inheritdoc/>
    public string Path => file.Path;

    /// <inheritdoc/>
    public string Format => "gguf";

    /// <inheritdoc/>
    public JsonObject Metadata { get; } = new(file.Metadata.Select(item => KeyValuePair.Create(item.Key, ToJson(item.Value))));

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; } =
        [.. file.Tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Type.ToString(), tensor.Shape))];

    /// <inheritdoc/>
    public void ReadComparable(TensorInfo tensor, Action<ReadOnlySpan<byte>> receive)
    {
        GgufTensorInfo found = file[tensor.Name];
        if (!found.Type.IsInteger())
        {
            file.ReadSingles(found, piece => receive(MemoryMarshal.AsBytes(piece.Span)));
            return;
        }

        var bytes = new byte[Math.Min(PieceBytes, found.ByteLength)];
        for (long start = 0; start < found.ByteLength; start += bytes.Length)
        {
            Span<byte> piece = bytes.AsSpan(0, (int)Math.Min(bytes.Length, found.ByteLength - start));
            file.ReadBytes(found, start, piece);
            receive(piece);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static JsonNode? ToJson(GgufValue value)
    {
        if (value.Type != GgufValueType.Array)
        {
            return Scalar(value.ElementType, value.Shown(1).Single());
        }

        var shown = new JsonArray([.. value.Shown(ShownElements).Select(text => Scalar(value.ElementType, text))]);
        return value.Count <= ShownElements ? shown : new JsonObject
        {
            ["array"] = value.ElementType.ToString().ToLowerInvariant(),
            ["length"] = value.Count,
            ["first"] = shown,
        };
    }

    // Numbers that JSON has no form for, such as NaN, stay texts.
    private static JsonNode? Scalar(GgufValueType type, string text) => type switch
    {
        GgufValueType.String => JsonValue.Create(text),
        GgufValueType.Bool => JsonValue.Create(text == "true"),
        GgufValueType.Float32 or GgufValueType.Float64 when double.TryParse(text, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) =>
            JsonNode.Parse(text),
        _ when decimal.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal whole) => JsonValue.Create(whole),
        _ => JsonValue.Create(text),
    };
}
