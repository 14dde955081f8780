using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GptSharp.Files.Safetensors;

namespace GptSharp.Files.Tests.Safetensors;

/// <summary>The value of every element type. Those of narrow floats are written out from the formats' papers, code by code.</summary>
public sealed class SafetensorsValuesTests
{
    private const float NaN = float.NaN;
    private const float Infinity = float.PositiveInfinity;

    public static TheoryData<SafetensorsType, byte[], float[]> Narrow { get; } = new()
    {
        // S.EEEE.MMM, bias 7: 2^-9 is the smallest, 448 the largest; no infinity.
        { SafetensorsType.F8_E4M3, [0x00, 0x80, 0x01, 0x07, 0x08, 0x38, 0x3C, 0xB8, 0x7E, 0xFE, 0x78, 0x7F, 0xFF], [0, -0f, 1 / 512f, 7 / 512f, 1 / 64f, 1, 1.5f, -1, 448, -448, 256, NaN, NaN] },

        // S.EEEEE.MM, bias 15: 2^-16 is the smallest, 57344 the largest number.
        { SafetensorsType.F8_E5M2, [0x00, 0x01, 0x03, 0x04, 0x3C, 0x3E, 0xBC, 0x7B, 0x7C, 0xFC, 0x7D, 0x7F], [0, 1 / 65536f, 3 / 65536f, 1 / 16384f, 1, 1.5f, -1, 57344, Infinity, -Infinity, NaN, NaN] },

        // EEEEEEEE, bias 127.
        { SafetensorsType.F8_E8M0, [0x00, 0x7F, 0x80, 0x7E, 0xFE, 0xFF], [5.877472e-39f, 1, 2, 0.5f, 1.7014118e38f, NaN] },

        // Bias 8 and 16; 0x80 is the one NaN, and there are no infinities.
        { SafetensorsType.F8_E4M3FNUZ, [0x00, 0x80, 0x01, 0x40, 0x7F, 0xFF, 0xC0], [0, NaN, 1 / 1024f, 1, 240, -240, -1] },
        { SafetensorsType.F8_E5M2FNUZ, [0x00, 0x80, 0x01, 0x40, 0x7F, 0xFF], [0, NaN, 1 / 131072f, 1, 57344, -57344] },

        // S.EE.MMM, bias 1: codes 0, 1, 8 (1.0), 31 (7.5), then 32 (-0), 63 (-7.5), 9 (1.125), 0; six bits each, from the lowest up.
        { SafetensorsType.F6_E2M3, [0x40, 0x80, 0x7C, 0xE0, 0x9F, 0x00], [0, 0.125f, 1, 7.5f, -0f, -7.5f, 1.125f, 0] },

        // S.EEE.MM, bias 3: codes 1 (0.0625), 12 (1.0), 31 (28), 62 (-24).
        { SafetensorsType.F6_E3M2, [0x01, 0xF3, 0xF9], [0.0625f, 1, 28, -24] },

        // S.EE.M, bias 1: all sixteen codes.
        { SafetensorsType.F4, [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE], [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6] },
    };

    [Theory]
    [MemberData(nameof(Narrow))]
    public void Narrow_floats_have_the_values_of_their_formats(SafetensorsType type, byte[] bytes, float[] values)
    {
        using var folder = new TemporaryFolder();
        using SafetensorsFile file = Written(folder, type, values.Length, bytes);

        float[] read = file.ReadSingles("t");

        // Bits, so that minus zero is told from zero.
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits).Select(Canonical));

        static int Canonical(int bits) => float.IsNaN(BitConverter.Int32BitsToSingle(bits)) ? BitConverter.SingleToInt32Bits(NaN) : bits;
    }

    [Fact]
    public void Every_code_of_the_8_bit_floats_lies_where_rounding_to_it_says()
    {
        // A different road to the same tables: decode by scaling the half-precision number with the same bits.
        using var folder = new TemporaryFolder();
        byte[] codes = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        using SafetensorsFile file = Written(folder, SafetensorsType.F8_E5M2, 256, codes);
        float[] expected = [.. codes.Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];

        Assert.Equal(expected, file.ReadSingles("t"));
    }

    [Theory]
    [InlineData(SafetensorsType.F16, new byte[] { 0x00, 0x3C, 0x00, 0xC0 }, new[] { 1f, -2f })]
    [InlineData(SafetensorsType.BF16, new byte[] { 0x80, 0x3F, 0x00, 0xC0 }, new[] { 1f, -2f })]
    [InlineData(SafetensorsType.F32, new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0 }, new[] { 1f, -2f })]
    [InlineData(SafetensorsType.F64, new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0 }, new[] { 1f, -2f })]
    [InlineData(SafetensorsType.C64, new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0 }, new[] { 1f, -2f, 1f, -2f })]
    [InlineData(SafetensorsType.F8_E4M3, new byte[] { 0x38, 0xC0 }, new[] { 1f, -2f })]
    public void A_hash_of_floats_is_that_of_their_values_as_float32(SafetensorsType type, byte[] bytes, float[] values)
    {
        using var folder = new TemporaryFolder();
        using SafetensorsFile file = Written(folder, type, bytes.Length * 8 / type.Bits(), bytes);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values))), TensorHash.Sha256(file, file.Tensors[0]));
    }

    [Theory]
    [InlineData(SafetensorsType.BOOL)]
    [InlineData(SafetensorsType.U8)]
    [InlineData(SafetensorsType.I8)]
    [InlineData(SafetensorsType.I16)]
    [InlineData(SafetensorsType.U16)]
    [InlineData(SafetensorsType.I32)]
    [InlineData(SafetensorsType.U32)]
    [InlineData(SafetensorsType.I64)]
    [InlineData(SafetensorsType.U64)]
    public void A_hash_of_integers_is_that_of_the_stored_bytes(SafetensorsType type)
    {
        byte[] bytes = [.. Enumerable.Range(0, 48).Select(i => (byte)(i * 37))];
        using var folder = new TemporaryFolder();
        using SafetensorsFile file = Written(folder, type, bytes.Length * 8 / type.Bits(), bytes);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), TensorHash.Sha256(file, file.Tensors[0]));
    }

    [Theory]
    [InlineData(SafetensorsType.F4)]
    [InlineData(SafetensorsType.F6_E3M2)]
    [InlineData(SafetensorsType.F64)]
    public void A_tensor_of_several_pieces_is_read_like_one_of_one(SafetensorsType type)
    {
        // 3 MB and a bit: pieces end within bytes neither of packed nor of wide elements.
        const int repeats = 131_073;
        byte[] pattern = [.. Enumerable.Range(0, 24).Select(i => (byte)(i * 53 % 61))];
        int each = pattern.Length * 8 / type.Bits();
        using var folder = new TemporaryFolder();
        using SafetensorsFile small = Written(folder, type, each, pattern, "small");
        using SafetensorsFile large = Written(folder, type, each * repeats, [.. Enumerable.Repeat(pattern, repeats).SelectMany(bytes => bytes)], "large");

        float[] once = small.ReadSingles("t");
        float[] all = large.ReadSingles("t");

        Assert.Equal(each * repeats, all.Length);
        Assert.True(Enumerable.Range(0, repeats).All(i => all.AsSpan(i * each, each).SequenceEqual(once)));
    }

    private static SafetensorsFile Written(TemporaryFolder folder, SafetensorsType type, long count, byte[] bytes, string name = "file")
    {
        var writer = new SafetensorsWriter();
        writer.Add("t", type, [count], stream => stream.Write(bytes));
        writer.Save(folder.At(name));
        return SafetensorsFile.Open(folder.At(name));
    }
}
