namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>The vector instructions that kernels use; the value is the register width in bits.</summary>
public enum SimdPath
{
    /// <summary>128-bit vectors: NEON on Arm, SSE on x86, or whatever the runtime makes of them.</summary>
    Vector128 = 128,

    /// <summary>AVX2 with FMA: sixteen 256-bit registers.</summary>
    Avx2 = 256,

    /// <summary>AVX-512 F, DQ, BW and VL: thirty-two 512-bit registers.</summary>
    Avx512 = 512,
}
