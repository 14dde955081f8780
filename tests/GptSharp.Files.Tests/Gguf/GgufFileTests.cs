using GptSharp.Files.Gguf;
using static GptSharp.Files.Tests.Gguf.HandmadeGguf;

namespace GptSharp.Files.Tests.Gguf;

public sealed class GgufFileTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_file_laid_out_by_hand_is_read(uint version)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = new HandmadeGguf { Version = version, DataLength = 96 }
            .Key("u8", 0, 255).Key("i8", 1, 255).Key("u16", 2, 255, 255).Key("i16", 3, 255, 255)
            .Key("u32", 4, 255, 255, 255, 255).Key("i32", 5, 255, 255, 255, 255).Key("f32", 6, 0, 0, 192, 63).Key("flag", 7, 1)
            .Key("text", 8, Text("é")).Key("u64", 10, Number(ulong.MaxValue)).Key("i64", 11, Number(ulong.MaxValue))
            .Key("f64", 12, BitConverter.GetBytes(0.1))
            .Key("texts", 9, HandmadeGguf.Array(8, 2, [.. Text("a"), .. Text("")]))
            .Key("numbers", 9, HandmadeGguf.Array(5, 2, [.. Number(7u), .. Number(uint.MaxValue)]))
            .Tensor("matrix", [3, 2]).Tensor("half", [1], type: 1, offset: 32).Tensor("k", [256], type: 99, offset: 64)
            .ToBytes();
        // Type 99 does not exist; 16 bytes of IQ1_S would not fit: make it a scalar of F64.
        bytes = Replaced(bytes, Number(99u), Number(28u));
        bytes = Replaced(bytes, [.. Number(1u), .. Number(256ul)], [.. Number(1u), .. Number(1ul)]);
        string path = folder.Put("hand.gguf", bytes);

        using GgufFile file = GgufFile.Open(path);

        Assert.Equal(((int)version, 32L), (file.Version, file.Alignment));
        Assert.Equal([255, -1, 65535, -1, uint.MaxValue, -1], new[] { "u8", "i8", "u16", "i16", "u32", "i32" }.Select(key => file.Value(key)!.AsInteger()!.Value));
        Assert.Equal((1.5, 0.1), (file.Value("f32")!.AsNumber(), file.Value("f64")!.AsNumber()));
        Assert.Equal((true, "é", -1L, null), (file.Value("flag")!.AsFlag(), file.Value("text")!.AsText(), file.Value("i64")!.AsInteger(), file.Value("u64")!.AsInteger()));
        Assert.Equal([ulong.MaxValue.ToString()], file.Value("u64")!.Shown(3));
        Assert.Equal(["a", ""], file.Value("texts")!.AsTexts()!);
        Assert.Equal([7, -1], file.Value("numbers")!.AsIntegers()!);
        Assert.Equal(["matrix (2, 3) F32 0", "half (1) F16 32", "k (1) F64 64"], file.Tensors.Select(tensor => $"{tensor.Name} {tensor.ShapeText} {tensor.Type} {tensor.Offset}"));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("model.gguf");
        float[] values = [.. Enumerable.Range(0, 128).Select(i => MathF.Sin(i))];
        var writer = new GgufWriter();
        writer.Add("a", GgufValue.Of("text"));
        writer.Add("b", GgufValue.OfMany<float>([1, -2]));
        writer.Add("c", GgufValue.OfMany([]));
        GgufTensorType[] types = [GgufTensorType.F32, GgufTensorType.F16, GgufTensorType.BF16, GgufTensorType.Q8_0, GgufTensorType.Q4_0];
        foreach (GgufTensorType type in types)
        {
            writer.Add($"t{type}", type, [2, 64], () => values);
        }

        writer.Save(path);
        using GgufFile file = GgufFile.Open(path);

        Assert.Equal("text", file.Value("a")!.AsText());
        Assert.Equal([1, -2], file.Value("b")!.AsSingles()!);
        Assert.Empty(file.Value("c")!.AsTexts()!);
        Assert.Equal(values, file.ReadSingles("tF32"));
        foreach (GgufTensorType type in types)
        {
            var bytes = new byte[file[$"t{type}"].ByteLength];
            GgufQuantization.Quantize(type, values, bytes);
            var expected = new float[values.Length];
            GgufQuantization.Dequantize(type, bytes, expected);
            Assert.Equal(expected, file.ReadSingles($"t{type}"));
        }
    }

    [Fact]
    public void A_value_without_a_place_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        var writer = new GgufWriter();
        writer.Add("weight", GgufTensorType.F16, [1], () => [70000]);

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => writer.Save(folder.At("model.gguf")));

        Assert.Contains("tensor 'weight' cannot be stored as F16", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Values_of_other_types_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Put("k.gguf", new HandmadeGguf { DataLength = 224 }.Tensor("k", [256], type: 14).ToBytes());

        using GgufFile file = GgufFile.Open(path);
        RefusedFileException error = Assert.Throws<RefusedFileException>(() => file.ReadSingles("k"));

        Assert.Equal(210, file["k"].ByteLength);
        Assert.Contains("'k' has the type Q6_K", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Replaced(byte[] bytes, byte[] from, byte[] to)
    {
        int place = bytes.AsSpan().LastIndexOf(from);
        to.CopyTo(bytes, place);
        return bytes;
    }
}
