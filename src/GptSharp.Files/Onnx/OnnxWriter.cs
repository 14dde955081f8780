using System.Globalization;
using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Onnx;

/// <summary>
/// Writes a graph as an ONNX file. Such a file cannot exceed 2 GiB: the larger tensors of a larger model go to files beside it, as external
/// data. A tensor's bytes are asked for only when they are written.
/// </summary>
public static class OnnxWriter
{
    /// <summary>The most bytes of a file of Protocol Buffers.</summary>
    public const long LargestFile = int.MaxValue;

    // Smaller tensors, which say shapes and not weights, stay in the file, where programs look for them before they load any data.
    private const long SmallestExternal = 1024;

    // As the format advises, so that a tensor can be mapped into memory.
    private const long ExternalAlignment = 4096;

    // Of one file of external data: a browser reads none beyond 2 GiB at once.
    private const long LargestExternalFile = 2_000_000_000;

    /// <summary>Writes a graph; each file appears whole or not at all.</summary>
    /// <param name="path">The file; external data has its name and <c>_data</c>, <c>_data_1</c> and so on.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="largestFile">The most bytes that the file may have; beyond them, tensors become external data.</param>
    /// <returns>The number of files of external data.</returns>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    /// <exception cref="InvalidOperationException">A tensor wrote another number of bytes than its shape says.</exception>
    public static int Save(string path, OnnxGraph graph, long largestFile = LargestFile)
    {
        byte[] modelHead = OnnxMessages.ModelHead(graph);
        byte[] graphHead = OnnxMessages.GraphHead(graph);
        List<Tensor> tensors = [.. graph.Initializers.Select(initializer => new Tensor(initializer, Place: null))];
        int files = 0;
        if (modelHead.Length + GraphSize(graphHead, tensors) > largestFile)
        {
            (tensors, files) = PlaceExternally(Path.GetFileName(path), tensors);
            foreach (IGrouping<string, Tensor> file in tensors.Where(tensor => tensor.Place is not null).GroupBy(tensor => tensor.Place!.File))
            {
                AtomicFile.Write(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file.Key), stream => WriteExternal(stream, file));
            }
        }

        AtomicFile.Write(path, stream =>
        {
            stream.Write(modelHead);
            new ProtobufWriter(stream).BeginBytes(OnnxMessages.GraphField, GraphSize(graphHead, tensors));
            stream.Write(graphHead);
            tensors.ForEach(tensor => WriteTensor(stream, tensor));
        });
        return files;
    }

    private static (List<Tensor> Tensors, int Files) PlaceExternally(string name, List<Tensor> tensors)
    {
        var placed = new List<Tensor>();
        (int files, long end, string file) = (0, LargestExternalFile, "");
        foreach (Tensor tensor in tensors)
        {
            if (tensor.ByteLength < SmallestExternal)
            {
                placed.Add(tensor);
                continue;
            }

            long start = (end + ExternalAlignment - 1) / ExternalAlignment * ExternalAlignment;
            if (start + tensor.ByteLength > LargestExternalFile)
            {
                file = files == 0 ? $"{name}_data" : string.Create(CultureInfo.InvariantCulture, $"{name}_data_{files}");
                (files, start) = (files + 1, 0);
            }

            placed.Add(tensor with { Place = new ExternalPlace(file, start, tensor.ByteLength) });
            end = start + tensor.ByteLength;
        }

        return (placed, files);
    }

    private static void WriteExternal(Stream stream, IEnumerable<Tensor> tensors)
    {
        long end = 0;
        foreach (Tensor tensor in tensors)
        {
            stream.Write(new byte[tensor.Place!.Offset - end]);
            WriteBytes(stream, tensor);
            end = tensor.Place.Offset + tensor.ByteLength;
        }
    }

    private static void WriteTensor(Stream stream, Tensor tensor)
    {
        var writer = new ProtobufWriter(stream);
        writer.BeginBytes(OnnxMessages.InitializerField, tensor.MessageSize);
        stream.Write(tensor.Head);
        if (tensor.Place is null)
        {
            writer.BeginBytes(OnnxMessages.RawDataField, tensor.ByteLength);
            WriteBytes(stream, tensor);
        }
    }

    private static void WriteBytes(Stream stream, Tensor tensor)
    {
        var counted = new CountingStream(stream);
        tensor.Initializer.Write(counted);
        if (counted.Written != tensor.ByteLength)
        {
            throw new InvalidOperationException($"Tensor '{tensor.Initializer.Name}' wrote {counted.Written} bytes instead of {tensor.ByteLength}.");
        }
    }

    private static long GraphSize(byte[] head, List<Tensor> tensors) =>
        head.Length + tensors.Sum(tensor => ProtobufWriter.SizeOfBytes(OnnxMessages.InitializerField, tensor.MessageSize));

    /// <summary>An initializer and where its bytes go.</summary>
    private sealed record Tensor(OnnxInitializer Initializer, ExternalPlace? Place)
    {
        public byte[] Head => OnnxMessages.TensorHead(Initializer, Place);

        public long ByteLength => Initializer.ByteLength;

        public long MessageSize => Head.Length + (Place is null ? ProtobufWriter.SizeOfBytes(OnnxMessages.RawDataField, ByteLength) : 0);
    }
}
