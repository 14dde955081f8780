using System.Runtime.InteropServices;
using GptSharp.Files.Gguf;

namespace GptSharp.Files.Tests.Gguf;

/// <summary>Every type's bytes and values, to the bit, as numpy computes them from ggml's rules (golden/gguf-quantization/make.py).</summary>
public sealed class GgufQuantizationTests
{
    [Theory]
    [InlineData(GgufTensorType.F32, "f32")]
    [InlineData(GgufTensorType.F16, "f16")]
    [InlineData(GgufTensorType.BF16, "bf16")]
    [InlineData(GgufTensorType.Q8_0, "q8_0")]
    [InlineData(GgufTensorType.Q4_0, "q4_0")]
    public void Bytes_are_those_of_the_rules(GgufTensorType type, string name)
    {
        float[] values = Values("values.f32");
        byte[] expected = Bytes($"values.{name}");
        var actual = new byte[expected.Length];

        GgufQuantization.Quantize(type, values, actual);

        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(GgufTensorType.Q8_0, "q8_0")]
    [InlineData(GgufTensorType.Q4_0, "q4_0")]
    public void Values_are_those_of_the_rules(GgufTensorType type, string name)
    {
        float[] expected = Values($"values.{name}.f32");
        var actual = new float[expected.Length];

        GgufQuantization.Dequantize(type, Bytes($"values.{name}"), actual);

        Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
    }

    [Theory]
    [InlineData(GgufTensorType.F16, 65520f)]
    [InlineData(GgufTensorType.Q8_0, 1e7f)]
    [InlineData(GgufTensorType.Q4_0, 1e7f)]
    [InlineData(GgufTensorType.Q8_0, float.NaN)]
    [InlineData(GgufTensorType.Q4_0, float.NegativeInfinity)]
    public void What_has_no_place_is_refused(GgufTensorType type, float value)
    {
        float[] values = [.. Enumerable.Repeat(1f, 31), value];

        Assert.Throws<OverflowException>(() => GgufQuantization.Quantize(type, values, new byte[128]));
    }

    private static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Golden.Folder, "gguf-quantization", name));

    private static float[] Values(string name) => MemoryMarshal.Cast<byte, float>(Bytes(name)).ToArray();
}
