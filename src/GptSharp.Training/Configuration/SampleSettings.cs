using static GptSharp.Training.Configuration.ResumeRule;
using static GptSharp.Training.Configuration.WholeFormat;

namespace GptSharp.Training.Configuration;

/// <summary>Keys of <c>sample:</c>. Samples never touch the weights, so a resumed run may change them all.</summary>
internal static class SampleSettings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Make("every", "Updates between samples; 0 samples at the end only.",
            ZeroOrMore, s => s.Every, (s, value) => s with { Every = value }),
        Make("count", "Texts per time.",
            Count, s => s.Count, (s, value) => s with { Count = value }),
        Make("length", "Tokens per text at most.",
            Count, s => s.Length, (s, value) => s with { Length = value }),
        Make("prompt", "Text to continue; empty starts as the data set's documents start.",
            new TextFormat("a text", mayBeEmpty: true), s => s.Prompt, (s, value) => s with { Prompt = value }),
        Make("temperature", "Divides the logits: below 1 is safer, above 1 wilder, 0 always takes the likeliest token.",
            NumberFormat.NotNegative, s => s.Temperature, (s, value) => s with { Temperature = value }),
        Make("top_k", "Draw from the so many likeliest tokens only.",
            CountOr("all"), s => s.TopK, (s, value) => s with { TopK = value }),
        Make("top_p", "Draw from the likeliest tokens that together have this probability.",
            new NumberFormat("a number above 0 and at most 1", value => value is > 0 and <= 1), s => s.TopP, (s, value) => s with { TopP = value }),
        Make("judged", "Stories that are written and judged at the end of a run on the built-in corpus; 0 for none.",
            new WholeFormat<int>(0), s => s.Judged, (s, value) => s with { Judged = value }),
        Make("seed", "Seed of the draws.",
            Seed, s => s.Seed, (s, value) => s with { Seed = value }),
    ];

    private static Setting<T> Make<T>(
        string name, string help, ValueFormat<T> format,
        Func<SampleSection, T> read, Func<SampleSection, T, SampleSection> write) =>
        new("sample." + name, help, Free, format,
            config => read(config.Sample),
            (config, value) => config with { Sample = write(config.Sample, value) });
}
