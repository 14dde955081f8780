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
            """{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""",
            Encoding.UTF8.GetString(bytes, 8, headerLength).TrimEnd());
        Assert.Equal([5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 192], bytes[(8 + headerLength)..]);
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
    [InlineData("""{"a":{"dtype":"F32","shape":[0,9000000000,9000000000],"data_offsets":[0,0]}}""", "impossible shape")]
    [InlineData("""{"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,4]}}""", "impossible shape")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,8]}}""", "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"z":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'a' stands there twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "dtype of tensor 'a' stands there twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "data_offsets are [0, 8, 8]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "data_offsets are [8, 0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-9223372036854775808,9223372036854775807]}}""", "data_offsets are")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", "shape of tensor 'a' holds what is no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "shape of tensor 'a' is no array")]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "dtype of tensor 'a' is no text")]
    [InlineData("""{"a":{"dtype":"9","shape":[2],"data_offsets":[0,8]}}""", "unknown element type '9'")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", "lacks dtype")]
    [InlineData("""{"a":[]}""", "tensor 'a' is no object")]
    [InlineData("""{"__metadata__":{"k":1}}""", "__metadata__.k is no text")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", "__metadata__.k stands there twice")]
    [InlineData("""{"a\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "near byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""", "near byte")]
    [InlineData("[]", "the header is no object")]
    [InlineData("null", "the header is no object")]
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

    [Theory]
    [InlineData("""  {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  """)]
    [InlineData("""{"__metadata__":null,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"more":{"than":["usual"]},"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}""")]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"F16","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"c":{"dtype":"F16","shape":[3,0],"data_offsets":[8,8]}}""")]
    [InlineData("""{"odd":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"unaligned":{"dtype":"F32","shape":[1],"data_offsets":[3,7]},"t":{"dtype":"BOOL","shape":[1],"data_offsets":[7,8]}}""")]
    public void What_the_formats_own_library_accepts_is_read(string header)
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("odd.safetensors");
        File.WriteAllBytes(path, [.. Length(header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[8]]);

        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.All(file.Tensors, tensor => Assert.Equal(64, TensorHash.Sha256(file, tensor).Length));
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("deep.safetensors");
        string header = "{\"a\":{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}}";
        File.WriteAllBytes(path, [.. Length(header.Length), .. Encoding.UTF8.GetBytes(header)]);

        Assert.Contains("near byte", Assert.Throws<RefusedFileException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_numbers_takes_no_more_memory_than_a_few_times_the_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("wide.safetensors");
        string header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Join(',', Enumerable.Repeat(1, 500_000)) + "],\"data_offsets\":[0,1]}}";
        File.WriteAllBytes(path, [.. Length(header.Length), .. Encoding.UTF8.GetBytes(header), 0]);

        long before = GC.GetAllocatedBytesForCurrentThread();
        using (SafetensorsFile.Open(path))
        {
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 40 * header.Length, $"{taken} bytes were allocated for a header of {header.Length}.");
        }
    }

    [Theory]
    [InlineData("interop/hf-gpt2/model.safetensors")]
    [InlineData("interop/hf-llama/model.safetensors")]
    [InlineData("interop/hf-gpt2/expected.safetensors")]
    public void A_file_of_the_formats_own_library_is_written_again_byte_for_byte(string name)
    {
        string original = Path.Combine(Golden.Folder, name);
        using var folder = new TemporaryFolder();
        string copy = folder.At("copy.safetensors");
        using (SafetensorsFile file = SafetensorsFile.Open(original))
        {
            var writer = new SafetensorsWriter();
            foreach ((string key, string value) in file.Metadata)
            {
                writer.Metadata.Add(key, value);
            }

            // The order of adding must not matter.
            foreach (SafetensorsEntry entry in file.Entries.Reverse())
            {
                writer.Add(file, entry);
            }

            writer.Save(copy);
        }

        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(copy));
    }

    [Fact]
    public void Names_are_escaped_as_little_as_JSON_allows_and_ordered_by_their_bytes()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("names.safetensors");
        var writer = new SafetensorsWriter();

        // U+FFFD is beyond the surrogates of U+1F600 as .NET compares, and before it as bytes compare.
        foreach (string name in new[] { "\U0001F600", "\uFFFD", "\u00FC<&+'", "a\"\\\u0001\n" })
        {
            writer.Add(name, SafetensorsType.U8, [1L], stream => stream.WriteByte((byte)name.Length));
        }

        writer.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Equal(["a\"\\\u0001\n", "\u00FC<&+'", "\uFFFD", "\U0001F600"], file.Entries.Select(entry => entry.Name));
        Assert.Contains("""{"a\"\\\u0001\n":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"ü<&+'":""", File.ReadAllText(path), StringComparison.Ordinal);
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
