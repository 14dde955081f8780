namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>The vector instructions that kernels use.</summary>
public enum SimdPath
{
    /// <summary>128-bit vectors: NEON on Arm, SSE on x86, or whatever the runtime makes of them.</summary>
    Vector128,

    /// <summary>AVX2 with FMA: sixteen 256-bit registers.</summary>
    Avx2,

    /// <summary>AVX-512 F, DQ, BW and VL: thirty-two 512-bit registers.</summary>
    Avx512,

    /// <summary>The same, and products of BF16 matrices with AVX512-BF16, whose instructions are assembled at run time.</summary>
    Avx512BF16,
}

/// <summary>Facts about a <see cref="SimdPath"/>.</summary>
public static class SimdPathExtensions
{
    /// <summary>Bits of a register.</summary>
    public static int Bits(this SimdPath path) => path switch
    {
        SimdPath.Avx512 or SimdPath.Avx512BF16 => 512,
        SimdPath.Avx2 => 256,
        _ => 128,
    };
}
