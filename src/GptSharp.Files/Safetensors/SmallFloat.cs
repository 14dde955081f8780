namespace GptSharp.Files.Safetensors;

/// <summary>
/// Floats of 4 to 8 bits. From the lowest bit up: mantissa, exponent, sign. An exponent of zero means a subnormal number, as in IEEE 754
/// (the formats of the Open Compute Project, arXiv:2209.05433 and arXiv:2310.10537, and of arXiv:2206.02915).
/// </summary>
internal static class SmallFloat
{
    private const int ByteValues = 256;

    private static readonly float[] E5M2 = Table(exponentBits: 5, mantissaBits: 2, bias: 15, (code, exponent, mantissa) => exponent == 31
        ? mantissa == 0 ? float.PositiveInfinity : float.NaN
        : null);

    private static readonly float[] E4M3 = Table(exponentBits: 4, mantissaBits: 3, bias: 7, (code, _, _) => (code & 0x7F) == 0x7F ? float.NaN : null);

    // No sign and no mantissa; all bits set means NaN.
    private static readonly float[] E8M0 =
        [.. Enumerable.Range(0, ByteValues).Select(code => code == 0xFF ? float.NaN : MathF.ScaleB(1, code - 127))];

    private static readonly float[] E4M3Fnuz = Table(exponentBits: 4, mantissaBits: 3, bias: 8, (code, _, _) => code == 0x80 ? float.NaN : null);
    private static readonly float[] E5M2Fnuz = Table(exponentBits: 5, mantissaBits: 2, bias: 16, (code, _, _) => code == 0x80 ? float.NaN : null);
    private static readonly float[] E2M3 = Table(exponentBits: 2, mantissaBits: 3, bias: 1);
    private static readonly float[] E3M2 = Table(exponentBits: 3, mantissaBits: 2, bias: 3);
    private static readonly float[] E2M1 = Table(exponentBits: 2, mantissaBits: 1, bias: 1);

    /// <summary>The value of every code; null for a type that is none of these.</summary>
    public static float[]? ValuesOf(SafetensorsType type) => type switch
    {
        SafetensorsType.F8_E5M2 => E5M2,
        SafetensorsType.F8_E4M3 => E4M3,
        SafetensorsType.F8_E8M0 => E8M0,
        SafetensorsType.F8_E4M3FNUZ => E4M3Fnuz,
        SafetensorsType.F8_E5M2FNUZ => E5M2Fnuz,
        SafetensorsType.F6_E2M3 => E2M3,
        SafetensorsType.F6_E3M2 => E3M2,
        SafetensorsType.F4 => E2M1,
        _ => null,
    };

    private static float[] Table(int exponentBits, int mantissaBits, int bias, Func<int, int, int, float?>? special = null)
    {
        int signBit = exponentBits + mantissaBits;
        var values = new float[2 << signBit];
        for (int code = 0; code < values.Length; code++)
        {
            int mantissa = code & ((1 << mantissaBits) - 1);
            int exponent = (code >> mantissaBits) & ((1 << exponentBits) - 1);
            float fraction = mantissa / (float)(1 << mantissaBits);
            float magnitude = special?.Invoke(code, exponent, mantissa)
                ?? (exponent == 0 ? MathF.ScaleB(fraction, 1 - bias) : MathF.ScaleB(1 + fraction, exponent - bias));
            values[code] = MathF.CopySign(magnitude, code >> signBit == 0 ? 1f : -1f);
        }

        return values;
    }
}
