using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Assembly;

namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>What the processor can do, and which of it is used.</summary>
public static class CpuFeatures
{
    /// <summary>
    /// The environment variable that forces a path: <c>avx512bf16</c>, <c>avx512</c>, <c>avx2</c>, <c>neon</c> or <c>vector128</c>.
    /// </summary>
    public const string Variable = "GPTSHARP_SIMD";

    /// <summary>The paths that this machine can run, widest first.</summary>
    public static IReadOnlyList<SimdPath> Available { get; } =
        [.. Enum.GetValues<SimdPath>().OrderDescending().Where(IsAvailable)];

    /// <summary>Whether this machine can run a path.</summary>
    public static bool IsAvailable(SimdPath path) => path switch
    {
        SimdPath.Avx512BF16 => IsAvailable(SimdPath.Avx512) && DotProductTile.IsAvailable,
        SimdPath.Avx512 => Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.VL.IsSupported,
        SimdPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        SimdPath.Neon => AdvSimd.Arm64.IsSupported,
        _ => true,
    };

    /// <summary>The widest path, or the one that <see cref="Variable"/> names.</summary>
    /// <exception cref="TensorException">The variable names an unknown path or one that this machine lacks.</exception>
    public static SimdPath Select() => Select(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The widest path, or the one of that name.</summary>
    internal static SimdPath Select(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return Available[0];
        }

        SimdPath path = name.ToLowerInvariant() switch
        {
            "avx512bf16" => SimdPath.Avx512BF16,
            "avx512" => SimdPath.Avx512,
            "avx2" => SimdPath.Avx2,
            "neon" => SimdPath.Neon,
            "vector128" => SimdPath.Vector128,
            _ => throw new TensorException($"{Variable}={name} is no vector path; use avx512bf16, avx512, avx2, neon or vector128."),
        };
        return IsAvailable(path)
            ? path
            : throw new TensorException($"{Variable}={name} asks for instructions that this processor lacks; it has {string.Join(", ", Available)}.");
    }
}
