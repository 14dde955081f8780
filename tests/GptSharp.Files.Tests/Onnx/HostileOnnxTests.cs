using GptSharp.Files.Onnx;
using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Tests.Onnx;

public sealed class HostileOnnxTests
{
    private static readonly Dictionary<string, (byte[] Bytes, string Reason)> Cases = new()
    {
        ["nothing"] = ([], "no ONNX file"),
        ["no graph"] = (ProtobufWriter.Message(model => model.Write(field: 1, 8)), "lacks a version of the format, a graph"),
        ["text"] = ("Hello, world, this is no model."u8.ToArray(), "no field of a message begins here"),
        ["two graphs"] = ([.. OnnxBytes.Model(_ => { }), 0x3A, 0], "a second graph"),
        ["length beyond the file"] = ([0x08, 8, 0x3A, 0x7F, 0], "a length of 127 bytes goes beyond the 1 that are left"),
        ["length beyond 63 bits"] = ([0x08, 8, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "a length of 18446744073709551615 bytes"),
        ["number of 11 bytes"] = ([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "more than 64 bits"),
        ["field 0"] = ([0x00, 0], "no field of a message"),
        ["group"] = ([0x0B, 0x0C], "no field of a message"),
        ["length beyond the message"] = (OnnxBytes.Model(graph => graph.Write(field: 1, new byte[] { 0x22, 50, 65 })), "50 bytes goes beyond the 1 that are left"),
        ["number for a text"] = (OnnxBytes.Model(graph => graph.Write(field: 2, 7)), "bytes with a length should stand"),
        ["invalid UTF-8"] = (OnnxBytes.Model(graph => graph.Write(field: 2, [0xC3, 0x28])), "not UTF-8"),
        ["long name"] = (OnnxBytes.Model(graph => graph.Write(field: 2, new string('a', 5000))), "5000 bytes long"),
        ["node without operator"] = (OnnxBytes.Model(graph => graph.Write(field: 1, _ => { })), "a node without an operator"),
        ["no type"] = (Tensor([], type: null, []), "unknown element type 0"),
        ["type 99"] = (Tensor([1], type: 99, [0]), "unknown element type 99"),
        ["no name"] = (OnnxBytes.ModelWithTensor(tensor => tensor.Write(field: 2, 9)), "needs 1 numbers"),
        ["too few bytes"] = (Tensor([2, 3], 1, new byte[20]), "a FLOAT of shape (2, 3) needs 24 bytes, but it has 20"),
        ["no bytes"] = (Tensor([2, 3], 1, null), "needs 6 numbers of its own, but it has 0"),
        ["negative axis"] = (Tensor([-1], 1, []), "impossible shape (-1)"),
        ["product beyond 63 bits"] = (Tensor([1L << 32, 1L << 32], 1, []), "impossible shape"),
        ["product beyond 127 bits"] = (Tensor([.. Enumerable.Repeat(1L << 62, 8)], 1, []), "impossible shape"),
        ["product beyond 63 bits, times zero"] = (Tensor([1L << 40, 0, 1L << 40], 1, []), "impossible shape"),
        ["bytes beyond 63 bits"] = (Tensor([1L << 62], 1, []), "impossible shape"),
        ["many axes"] = (Tensor([.. Enumerable.Repeat(1L, 65)], 1, new byte[4]), "more than 64 axes"),
        ["many packed axes"] = (OnnxBytes.ModelWithTensor(tensor => tensor.Write(field: 1, [.. Enumerable.Repeat((byte)1, 5000)])), "more than 64 axes"),
        ["numbers of another type"] = (Numbers(7, tensor => tensor.Write(field: 4, 1f)), "of another type"),
        ["numbers and bytes"] = (Numbers(1, tensor => tensor.Write(field: 9, new byte[4]), tensor => tensor.Write(field: 4, 1f)), "given twice"),
        ["numbers of two types"] = (Numbers(1, tensor => tensor.Write(field: 4, 1f), tensor => tensor.Write(field: 5, 1)), "numbers of two types"),
        ["packed floats with a rest"] = (Numbers(1, tensor => tensor.Write(field: 4, new byte[5])), "have 1 too many"),
        ["bytes twice"] = (Numbers(1, tensor => tensor.Write(field: 9, new byte[4]), tensor => tensor.Write(field: 9, new byte[4])), "its bytes twice"),
        ["texts as bytes"] = (Numbers(8, tensor => tensor.Write(field: 9, new byte[4])), "texts that are given as bytes"),
        ["segments"] = (Numbers(1, tensor => tensor.Write(field: 3, _ => { })), "segments"),
        ["external without place"] = (Numbers(1, tensor => tensor.Write(field: 14, 1)), "its data_location is 1, and its external data has 0 keys"),
        ["place without external"] = (Numbers(1, tensor => tensor.Write(field: 13, OnnxBytes.Entry("location", "x"))), "its data_location is 0"),
        ["key twice"] = (Numbers(1, tensor => tensor.Write(field: 13, OnnxBytes.Entry("a", "x")), tensor => tensor.Write(field: 13, OnnxBytes.Entry("a", "y"))), "'a' twice"),
        ["name twice"] = (OnnxBytes.Model(graph =>
        {
            graph.Write(field: 5, Scalar);
            graph.Write(field: 5, Scalar);
        }), "a second tensor has the name 'w'"),
        ["tensor without name"] = (OnnxBytes.ModelWithTensor(tensor =>
        {
            tensor.Write(field: 2, 9);
            tensor.Write(field: 9, [1]);
        }), "has no name"),
        ["too many tensors"] = (OnnxBytes.Model(graph =>
        {
            for (int i = 0; i <= 100_000; i++)
            {
                byte[] name = [0x42, 4, .. "0000"u8];
                (name[2], name[3], name[4], name[5]) = ((byte)(32 + (i % 64)), (byte)(32 + (i / 64 % 64)), (byte)(32 + (i / 4096 % 64)), 65);
                graph.Write(field: 5, [0x10, 9, 0x4A, 1, 1, .. name]);
            }
        }), "more than 100000 tensors"),
        ["graphs within graphs"] = (OnnxBytes.Model(graph => Nest(graph, 40)), "deeper than 32"),
        ["types within types"] = (OnnxBytes.Model(graph => graph.Write(field: 11, value => value.Write(field: 2, type => NestType(type, 30)))), "deeper than 16"),
        ["sparse without indices"] = (OnnxBytes.Model(graph => graph.Write(field: 15, sparse => sparse.Write(field: 1, Scalar))), "without values or indices"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_that_lies_is_refused_with_the_place(string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Put("bad.onnx", Cases[name].Bytes);

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => OnnxFile.Open(path).Dispose());

        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(Cases[name].Reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 128L)]
    [InlineData(3, -129L)]
    [InlineData(2, -1L)]
    [InlineData(9, 2L)]
    [InlineData(10, 65536L)]
    [InlineData(6, 1L << 31)]
    public void A_number_that_does_not_fit_its_type_is_refused_when_it_is_read(int type, long number)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Put("bad.onnx", Numbers(type, tensor => tensor.Write(field: 5, number)));
        using OnnxFile file = OnnxFile.Open(path);

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => file.ReadComparable(file.Tensors[0], _ => { }));

        Assert.Contains($"the number {number} does not fit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_are_read_or_refused_and_take_no_memory_beyond_their_size()
    {
        using var folder = new TemporaryFolder();
        byte[] sound = File.ReadAllBytes(Path.Combine(Golden.Folder, "interop", "onnx", "types.onnx"));
        byte[] small = OnnxBytes.Model(graph =>
        {
            Nest(graph, 5);
            graph.Write(field: 5, Scalar);
            graph.Write(field: 11, value => value.Write(field: 2, type => NestType(type, 3)));
        });
        var random = new Random(11);
        int refused = 0;
        const int rounds = 3000;
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Damage(round % 20 == 0 ? sound : small, random);
            string path = folder.Put("damaged.onnx", bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            refused += IsRefused(path) ? 1 : 0;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000 + (64 * bytes.Length));
        }

        Assert.InRange(refused, rounds / 4, rounds - 1);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = OnnxBytes.ModelWithTensor(Scalar);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.True(IsRefused(folder.Put("cut.onnx", whole[..length])), $"{length} bytes");
        }

        Assert.False(IsRefused(folder.Put("whole.onnx", whole)));
    }

    private static byte[] Damage(byte[] sound, Random random)
    {
        byte[] bytes = random.Next(4) == 0 ? sound[..random.Next(sound.Length)] : [.. sound];
        for (int i = random.Next(1, 4); i > 0 && bytes.Length > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static bool IsRefused(string path)
    {
        try
        {
            using OnnxFile file = OnnxFile.Open(path);
            foreach (TensorInfo tensor in file.Tensors)
            {
                file.ReadComparable(tensor, _ => { });
            }

            return false;
        }
        catch (RefusedFileException)
        {
            return true;
        }
    }

    private static byte[] Tensor(long[] shape, int? type, byte[]? bytes) => OnnxBytes.ModelWithTensor(tensor =>
    {
        Array.ForEach(shape, length => tensor.Write(field: 1, length));
        if (type is { } number)
        {
            tensor.Write(field: 2, number);
        }

        tensor.Write(field: 8, "w");
        if (bytes is not null)
        {
            tensor.Write(field: 9, bytes);
        }
    });

    private static byte[] Numbers(int type, params Action<ProtobufWriter>[] parts) => OnnxBytes.ModelWithTensor(tensor =>
    {
        tensor.Write(field: 2, type);
        tensor.Write(field: 8, "w");
        Array.ForEach(parts, part => part(tensor));
    });

    private static void Scalar(ProtobufWriter tensor)
    {
        tensor.Write(field: 2, 9);
        tensor.Write(field: 8, "w");
        tensor.Write(field: 9, [1]);
    }

    private static void Nest(ProtobufWriter graph, int depth)
    {
        if (depth > 0)
        {
            graph.Write(field: 1, node =>
            {
                node.Write(field: 4, "If");
                node.Write(field: 5, attribute => attribute.Write(field: 6, inner => Nest(inner, depth - 1)));
            });
        }
    }

    private static void NestType(ProtobufWriter type, int depth)
    {
        if (depth == 0)
        {
            type.Write(field: 1, tensor => tensor.Write(field: 1, 1));
        }
        else
        {
            type.Write(field: 4, sequence => sequence.Write(field: 1, inner => NestType(inner, depth - 1)));
        }
    }
}
