using GptSharp.Nn;
using GptSharp.Tensors;
using static GptSharp.Training.Configuration.WholeFormat;

namespace GptSharp.Training.Configuration;

/// <summary>Keys of <c>model:</c> that are about rotary positions.</summary>
internal static class RopeSettings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Make("rope_theta", "Rope: pair i of a head's R channels turns by theta^(-2i/R) per position.",
            NumberFormat.Positive, r => r.Theta, (r, value) => r with { Theta = value }),
        Make("rope_pairing", "Rope: channel i turns with channel i + R/2 (rotate_half), or 2i with 2i + 1 (interleaved).",
            ChoiceFormat.Of<RopePairing>(), r => r.Pairing, (r, value) => r with { Pairing = value }),
        Make("rope_width", "Rope: the first so many channels of each head turn, an even number; auto is all.",
            CountOr("auto"), r => r.Width, (r, value) => r with { Width = value }),
        Make("rope_scaling", "Rope, for contexts longer than trained: positions divided by a factor (linear), a larger theta (ntk), or slow pairs slowed (llama3).",
            ChoiceFormat.Of<RopeScaling>(), r => r.Scaling, (r, value) => r with { Scaling = value }),
        Make("rope_factor", "Rope scaling: how much longer the context is.",
            NumberFormat.Positive, r => r.Factor, (r, value) => r with { Factor = value }),
        Make("rope_low_freq_factor", "Rope scaling llama3: pairs with fewer turns in the original context are slowed by the whole factor.",
            NumberFormat.Positive, r => r.LowFrequencyFactor, (r, value) => r with { LowFrequencyFactor = value }),
        Make("rope_high_freq_factor", "Rope scaling llama3: pairs with more turns in the original context keep their speed.",
            NumberFormat.Positive, r => r.HighFrequencyFactor, (r, value) => r with { HighFrequencyFactor = value }),
        Make("rope_original_block", "Rope scaling llama3: the original context, in tokens.",
            CountOr("none"), r => r.OriginalBlockSize, (r, value) => r with { OriginalBlockSize = value }),
    ];

    private static Setting<T> Make<T>(
        string name, string help, ValueFormat<T> format, Func<RopeConfig, T> read, Func<RopeConfig, T, RopeConfig> write) =>
        ModelSettings.Make(name, help, format, s => read(s.Rope), (s, value) => s with { Rope = write(s.Rope, value) });
}
