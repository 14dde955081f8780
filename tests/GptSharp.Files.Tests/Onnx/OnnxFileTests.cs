using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GptSharp.Files.Onnx;

namespace GptSharp.Files.Tests.Onnx;

public sealed class OnnxFileTests
{
    private static string GoldenFile(string name) => Path.Combine(Golden.Folder, "interop", "onnx", name);

    [Fact]
    public void A_file_of_the_onnx_package_is_read_with_every_type_as_bytes_and_as_numbers()
    {
        JsonArray expected = JsonNode.Parse(File.ReadAllText(GoldenFile("types.json")))!.AsArray();
        using ITensorFile file = TensorFiles.Open(GoldenFile("types.onnx"));

        Assert.Equal(expected.Select(Line), file.Tensors.Select(tensor =>
            $"{tensor.Name} {tensor.Type} [{string.Join(",", tensor.Shape)}] {TensorHash.Sha256(file, tensor)}"));

        static string Line(JsonNode? tensor) =>
            $"{tensor!["name"]} {tensor["dtype"]} {tensor["shape"]!.ToJsonString()} {tensor["sha256"]}";
    }

    [Fact]
    public void What_a_file_says_about_itself_is_shown()
    {
        using OnnxFile file = OnnxFile.Open(GoldenFile("types.onnx"));

        Assert.Equal(
            """
            {"ir_version":8,"producer_name":"onnx","producer_version":"1.12.0","model_version":0,"opset_import":{"ai.onnx":17,"com.microsoft":1},
            "metadata_props":{"author":"nobody","text":"gl\u00E4"},"graph":"types","inputs":{"x":"FLOAT (batch, 2)","cond":"BOOL ()","s":"sequence of INT64 (?)"},
            "outputs":{"z":"FLOAT (batch, 2)"},"operators":{"Constant":1,"If":1,"Relu":1,"com.microsoft.Gelu":1}}
            """.ReplaceLineEndings(""),
            file.Metadata.ToJsonString());
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var folder = new TemporaryFolder();
        OnnxWriter.Save(folder.At("model.onnx"), Graph());

        using OnnxFile file = OnnxFile.Open(folder.At("model.onnx"));

        Assert.Equal(["model.onnx"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
        Assert.Equal([("small", "FLOAT", "(2, 3)"), ("large", "FLOAT", "(40, 16)"), ("none", "FLOAT", "(0, 4)"), ("last", "FLOAT", "(300)")],
            file.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.ShapeText)));
        Assert.All(file.Tensors, tensor => Assert.Equal(Values(tensor.Count), Read(file, tensor)));
        Assert.Equal("""{"MatMul":1}""", file.Metadata["operators"]!.ToJsonString());
        Assert.Equal("""{"x":"FLOAT (rows, 40)"}""", file.Metadata["inputs"]!.ToJsonString());
        Assert.Equal("""{"note":"none"}""", file.Metadata["metadata_props"]!.ToJsonString());
    }

    [Fact]
    public void Tensors_that_are_too_large_for_the_file_go_beside_it()
    {
        using var folder = new TemporaryFolder();
        int files = OnnxWriter.Save(folder.At("model.onnx"), Graph(), largestFile: 3000);

        using OnnxFile file = OnnxFile.Open(folder.At("model.onnx"));

        Assert.Equal(1, files);
        Assert.Equal("""["model.onnx_data"]""", file.Metadata["external_data"]!.ToJsonString());
        Assert.Equal(4096 + 1200, new FileInfo(folder.At("model.onnx_data")).Length);
        Assert.All(file.Tensors, tensor => Assert.Equal(Values(tensor.Count), Read(file, tensor)));
    }

    [Theory]
    [InlineData("../model.onnx_data", "no name within the model's folder")]
    [InlineData("/etc/hostname", "no name within the model's folder")]
    [InlineData("a/../../b", "no name within the model's folder")]
    [InlineData("..\\b", "no name within the model's folder")]
    [InlineData("C:b", "no name within the model's folder")]
    [InlineData("", "no name within the model's folder")]
    [InlineData("missing", "there is no such file")]
    [InlineData("link", "a link")]
    [InlineData("linked/data", "a link")]
    [InlineData("short", "which has only 10")]
    public void External_data_outside_of_the_folder_or_too_short_is_refused(string location, string reason)
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("model", "model.onnx");
        folder.Put("outside/data", new byte[4000]);
        folder.Put("model/short", new byte[10]);
        Directory.CreateSymbolicLink(folder.At("model", "linked"), folder.At("outside"));
        File.CreateSymbolicLink(folder.At("model", "link"), folder.At("outside", "data"));
        File.WriteAllBytes(path, OnnxBytes.ModelWithTensor(tensor =>
        {
            tensor.Write(field: 1, 5);
            tensor.Write(field: 2, 1);
            tensor.Write(field: 8, "w");
            tensor.Write(field: 13, OnnxBytes.Entry("location", location));
            tensor.Write(field: 14, 1);
        }));

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => OnnxFile.Open(path).Dispose());

        Assert.StartsWith($"{path}: the external data of tensor 'w' ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static OnnxGraph Graph()
    {
        var graph = new OnnxGraph("test") { Metadata = { ["note"] = "none" } };
        graph.Inputs.Add(new OnnxValue("x", OnnxType.FLOAT, ["rows", 40]));
        graph.Outputs.Add(new OnnxValue("y", OnnxType.FLOAT, ["rows", 16]));
        graph.Nodes.Add(new OnnxNode("product", "MatMul", ["x", "large"], ["y"], []));
        foreach ((string name, long[] shape) in ((string, long[])[])[("small", [2, 3]), ("large", [40, 16]), ("none", [0, 4]), ("last", [300])])
        {
            float[] values = Values(shape.Aggregate(1L, (count, length) => count * length));
            graph.Initializers.Add(new OnnxInitializer(name, OnnxType.FLOAT, shape, stream => stream.Write(MemoryMarshal.AsBytes<float>(values))));
        }

        return graph;
    }

    private static float[] Values(long count) => [.. Enumerable.Range(0, (int)count).Select(i => i - 0.5f)];

    private static float[] Read(OnnxFile file, TensorInfo tensor)
    {
        List<byte> bytes = [];
        file.ReadComparable(tensor, piece => bytes.AddRange(piece));
        return MemoryMarshal.Cast<byte, float>(CollectionsMarshal.AsSpan(bytes)).ToArray();
    }
}
