using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Tests.Onnx;

/// <summary>Files of which a part is written by the test.</summary>
internal static class OnnxBytes
{
    /// <summary>A sound model but for its graph.</summary>
    public static byte[] Model(Action<ProtobufWriter> graph) => ProtobufWriter.Message(model =>
    {
        model.Write(field: 1, 8);
        model.Write(field: 8, operators => operators.Write(field: 2, 17));
        model.Write(field: 7, graph);
    });

    /// <summary>A sound model but for its only tensor.</summary>
    public static byte[] ModelWithTensor(Action<ProtobufWriter> tensor) => Model(graph => graph.Write(field: 5, tensor));

    /// <summary>A key and a value.</summary>
    public static Action<ProtobufWriter> Entry(string key, string value) => entry =>
    {
        entry.Write(field: 1, key);
        entry.Write(field: 2, value);
    };
}
