namespace GptSharp.Data.Sampling;

/// <summary>A bijection of 64-bit numbers that looks random: the finisher of SplitMix64 (Steele, Lea and Flood 2014).</summary>
internal static class Mixing
{
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    public static ulong Mix(ulong first, ulong second) => Mix(Mix(first) ^ second);
}
