namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>The vector instructions that kernels use.</summary>
public enum SimdPath
{
    /// <summary>128-bit vectors in portable code: SSE on x86, or whatever the runtime makes of them.</summary>
    Vector128,

    /// <summary>NEON of 64-bit Arm: thirty-two 128-bit registers, fused multiply-add by one element of a register.</summary>
    Neon,

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

    /// <summary>
    /// Where the path has been executed before it got here. A program cannot know that of other machines, so this is a record, kept by hand:
    /// an entry says "never executed" until the test suite has passed on the path.
    /// </summary>
    public static string Executed(this SimdPath path) => path switch
    {
        SimdPath.Avx512BF16 => "on Zen 5",
        SimdPath.Avx512 => "on Zen 4 and 5",
        SimdPath.Avx2 => "on Zen 4 and 5, where it must be asked for",
        SimdPath.Neon => "under emulation (qemu), never on Arm hardware",
        _ => "on x86-64; on Arm under emulation (qemu)",
    };
}
