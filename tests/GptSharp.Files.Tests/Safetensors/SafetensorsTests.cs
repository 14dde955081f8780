using System.Buffers.Binary;
using System.Text;
using GptSharp.Files.Safetensors;

namespace GptSharp.Files.Tests.Safetensors;

public sealed class SafetensorsTests
{
    [Fact]
    public void A_file_laid_out_by_hand_is_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("hand.safetensors");
        const string header = """{"__metadata__":{"format":"pt"},"b":{"dtype":"I32","shape":[2],"data_offsets":[4,12]},"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}""";
        // BF16 1.5 is 0x3FC0 and -2 is 0xC000; then the integers 7 and -1.
        File.WriteAllBytes(path, [.. Length(header.Length), .. Encoding.UTF8.GetBytes(header), 0xC0, 0x3F, 0x00, 0xC0, 7, 0, 0, 0, 255, 255, 255, 255]);

        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([1, 2], file["a"].Shape);
        Assert.Equal([1.5, -2], file.ReadDoubles("a"));
        Assert.Equal([7, -1], file.ReadIntegers("b"));
    }

    [Fact]
    public void What_is_written_has_the_layout_of_the_format()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("written.safetensors");
        var writer = new SafetensorsWriter();
        writer.Add("x", [2], new[] { 1f, -2f });
        writer.Add("n", [], new[] { 5L });
        writer.Save(path);

        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);

        Assert.Equal(0, headerLength % 8);
        Assert.Equal(
            """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}""",
            Encoding.UTF8.GetString(bytes, 8, headerLength).TrimEnd());
        Assert.Equal([0, 0, 128, 63, 0, 0, 0, 192, 5, 0, 0, 0, 0, 0, 0, 0], bytes[(8 + headerLength)..]);
        Assert.Equal(["written.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_golden_file_of_another_library_is_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Golden.Folder, "gpt2-tiny", "model.safetensors"));

        Assert.Equal([65, 32], file["transformer.wte.weight"].Shape);
        Assert.Equal(28, file.Entries.Count);
        Assert.All(file.ReadDoubles("transformer.ln_f.weight"), value => Assert.True(double.IsFinite(value)));
    }

    [Theory]
    [InlineData("", "has only 0 bytes")]
    [InlineData("not json at all", "no valid safetensors header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "truncated")]
    [InlineData("""{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", "unknown element type 'F99'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "which has 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9000000000,9000000000],"data_offsets":[0,4]}}""", "impossible shape")]
    public void A_header_that_lies_is_refused(string header, string reason)
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("bad.safetensors");
        byte[] bytes = header.Length == 0 ? [] : [.. Length(header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[8]];
        File.WriteAllBytes(path, bytes);

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => SafetensorsFile.Open(path).Dispose());

        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("cut.safetensors");
        var writer = new SafetensorsWriter();
        writer.Add("x", [64], new float[64]);
        writer.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<RefusedFileException>(() => SafetensorsFile.Open(path).Dispose());
        }
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)length);
        return bytes;
    }

    [Theory]
    [InlineData(SafetensorsType.F4, 6, 3)]
    [InlineData(SafetensorsType.F6_E2M3, 4, 3)]
    [InlineData(SafetensorsType.F8_E4M3, 3, 3)]
    [InlineData(SafetensorsType.F8_E8M0, 3, 3)]
    [InlineData(SafetensorsType.C64, 2, 16)]
    public void Narrow_packed_and_complex_types_are_counted_in_bits(SafetensorsType type, long count, int bytes)
    {
        byte[] values = [.. Enumerable.Range(1, bytes).Select(i => (byte)i)];
        string path = Path.GetTempFileName();
        try
        {
            var writer = new SafetensorsWriter();
            writer.Add("t", type, [count], stream => stream.Write(values));
            writer.Save(path);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal((type, count, (long)bytes), (file["t"].Type, file["t"].Count, file["t"].ByteLength));
            byte[] read = new byte[bytes];
            file.ReadBytes(file["t"], 0, read);
            Assert.Equal(values, read);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Packed_values_must_fill_whole_bytes() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SafetensorsWriter().Add("t", SafetensorsType.F4, [3L], _ => { }));
}
