using System.Globalization;
using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Onnx;

/// <summary>
/// The messages of an ONNX file as bytes. What may be large is left out and added by whoever writes the file: it is the last field of its
/// message. The format: https://onnx.ai/onnx/repo-docs/IR.html; fields have the numbers of its onnx.proto.
/// </summary>
internal static class OnnxMessages
{
    /// <summary>The version of the file format that is written: the one that came with operator set 17.</summary>
    public const int FormatVersion = 8;

    /// <summary>The graph in a ModelProto.</summary>
    public const int GraphField = 7;

    /// <summary>A tensor in a GraphProto.</summary>
    public const int InitializerField = 5;

    /// <summary>The bytes in a TensorProto.</summary>
    public const int RawDataField = 9;

    /// <summary>A ModelProto, all but the graph.</summary>
    public static byte[] ModelHead(OnnxGraph graph) => ProtobufWriter.Message(model =>
    {
        model.Write(field: 1, FormatVersion);
        model.Write(field: 2, "GptSharp");
        model.Write(field: 3, typeof(OnnxMessages).Assembly.GetName().Version!.ToString(3));
        model.Write(field: 8, operatorSet =>
        {
            operatorSet.Write(field: 1, "");
            operatorSet.Write(field: 2, OnnxGraph.OperatorSet);
        });
        foreach ((string key, string value) in graph.Metadata)
        {
            model.Write(field: 14, Entry(key, value));
        }
    });

    /// <summary>A GraphProto, all but the tensors.</summary>
    public static byte[] GraphHead(OnnxGraph graph) => ProtobufWriter.Message(message =>
    {
        foreach (OnnxNode node in graph.Nodes)
        {
            message.Write(field: 1, writer => WriteNode(writer, node));
        }

        message.Write(field: 2, graph.Name);
        foreach (OnnxValue input in graph.Inputs)
        {
            message.Write(field: 11, writer => WriteValue(writer, input));
        }

        foreach (OnnxValue output in graph.Outputs)
        {
            message.Write(field: 12, writer => WriteValue(writer, output));
        }
    });

    /// <summary>A TensorProto, all but the bytes; with a place, it says that they are there.</summary>
    public static byte[] TensorHead(OnnxInitializer initializer, ExternalPlace? place) => ProtobufWriter.Message(tensor =>
    {
        foreach (long length in initializer.Shape)
        {
            tensor.Write(field: 1, length);
        }

        tensor.Write(field: 2, (long)initializer.Type);
        tensor.Write(field: 8, initializer.Name);
        if (place is not null)
        {
            tensor.Write(field: 13, Entry("location", place.File));
            tensor.Write(field: 13, Entry("offset", place.Offset.ToString(CultureInfo.InvariantCulture)));
            tensor.Write(field: 13, Entry("length", place.Length.ToString(CultureInfo.InvariantCulture)));
            tensor.Write(field: 14, 1);
        }
    });

    // NodeProto.
    private static void WriteNode(ProtobufWriter writer, OnnxNode node)
    {
        foreach (string input in node.Inputs)
        {
            writer.Write(field: 1, input);
        }

        foreach (string output in node.Outputs)
        {
            writer.Write(field: 2, output);
        }

        writer.Write(field: 3, node.Name);
        writer.Write(field: 4, node.Operator);
        foreach ((string name, object value) in node.Attributes)
        {
            writer.Write(field: 5, attribute => WriteAttribute(attribute, name, value));
        }
    }

    // AttributeProto: each kind of value has a field of its own, and a number that says which.
    private static void WriteAttribute(ProtobufWriter writer, string name, object value)
    {
        writer.Write(field: 1, name);
        switch (value)
        {
            case float number:
                writer.Write(field: 2, number);
                writer.Write(field: 20, 1);
                break;
            case long number:
                writer.Write(field: 3, number);
                writer.Write(field: 20, 2);
                break;
            case string text:
                writer.Write(field: 4, text);
                writer.Write(field: 20, 3);
                break;
            case float[] numbers:
                Array.ForEach(numbers, number => writer.Write(field: 7, number));
                writer.Write(field: 20, 6);
                break;
            case long[] numbers:
                Array.ForEach(numbers, number => writer.Write(field: 8, number));
                writer.Write(field: 20, 7);
                break;
            default:
                throw new InvalidOperationException($"Attribute '{name}' has a value of type {value.GetType()}, which is not written here.");
        }
    }

    // ValueInfoProto, with a TypeProto of a tensor.
    private static void WriteValue(ProtobufWriter writer, OnnxValue value)
    {
        writer.Write(field: 1, value.Name);
        writer.Write(field: 2, type => type.Write(field: 1, tensor =>
        {
            tensor.Write(field: 1, (long)value.Type);
            tensor.Write(field: 2, shape =>
            {
                foreach (OnnxAxis axis in value.Shape)
                {
                    shape.Write(field: 1, dimension =>
                    {
                        if (axis.Length is { } length)
                        {
                            dimension.Write(field: 1, length);
                        }
                        else
                        {
                            dimension.Write(field: 2, axis.Name!);
                        }
                    });
                }
            });
        }));
    }

    private static byte[] Entry(string key, string value) => ProtobufWriter.Message(entry =>
    {
        entry.Write(field: 1, key);
        entry.Write(field: 2, value);
    });
}

/// <summary>Where a tensor's bytes are, if not in the model's file.</summary>
/// <param name="File">The file's name in the model's folder.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">The number of bytes.</param>
internal sealed record ExternalPlace(string File, long Offset, long Length);
