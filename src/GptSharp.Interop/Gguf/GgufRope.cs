using GptSharp.Files;
using GptSharp.Files.Gguf;
using GptSharp.Nn;

namespace GptSharp.Interop.Gguf;

/// <summary>
/// Rotary embedding in a GGUF file: the base and a linear factor are keys. Llama 3's rule is not: the file has its result, a divisor of each
/// pair's frequency, as a tensor. We add the rule itself under keys of our own, which other programs ignore; in files of others it is recognized
/// by its divisors.
/// </summary>
internal static class GgufRope
{
    private const string Base = "rope.freq_base";
    private const string Width = "rope.dimension_count";
    private const string Scaling = "rope.scaling.type";
    private const string Factor = "rope.scaling.factor";
    private const string OldFactor = "rope.scale_linear";
    private const string Original = "rope.scaling.original_context_length";
    private const string FineTuned = "rope.scaling.finetuned";
    private const string OwnPrefix = "gptsharp.rope.";
    private const string OwnFactor = OwnPrefix + "factor";
    private const string OwnLow = OwnPrefix + "low_frequency_factor";
    private const string OwnHigh = OwnPrefix + "high_frequency_factor";
    private const string OwnOriginal = OwnPrefix + "original_context_length";
    private const double DefaultBase = 10000;

    /// <summary>Its keys, without the architecture's name.</summary>
    public static IReadOnlyList<string> Keys { get; } = [Base, Width, Scaling, Factor, OldFactor, Original, FineTuned];

    public static void Write(GgufWriter writer, GgufArchitecture architecture, GptConfig config)
    {
        RopeConfig rope = config.Rope;
        writer.Add($"{architecture.Name}.{Base}", GgufValue.Of((float)rope.Theta));
        writer.Add($"{architecture.Name}.{Width}", GgufValue.Of((uint)config.RopeWidth));
        if (rope.Scaling == RopeScaling.Linear)
        {
            writer.Add($"{architecture.Name}.{Scaling}", GgufValue.Of("linear"));
            writer.Add($"{architecture.Name}.{Factor}", GgufValue.Of((float)rope.Factor));
        }
        else if (rope.Scaling == RopeScaling.Llama3)
        {
            writer.Add(OwnFactor, GgufValue.Of(rope.Factor));
            writer.Add(OwnLow, GgufValue.Of(rope.LowFrequencyFactor));
            writer.Add(OwnHigh, GgufValue.Of(rope.HighFrequencyFactor));
            writer.Add(OwnOriginal, GgufValue.Of((uint)(rope.OriginalBlockSize ?? 0)));
        }
    }

    /// <summary>R / 2 divisors of the frequencies, or null without Llama 3's rule.</summary>
    public static float[]? Divisors(RopeConfig rope, int width)
    {
        if (rope.Scaling != RopeScaling.Llama3)
        {
            return null;
        }

        double[] plain = (rope with { Scaling = RopeScaling.None }).Frequencies(width);
        return [.. plain.Zip(rope.Frequencies(width), (frequency, slowed) => (float)(frequency / slowed))];
    }

    public static RopeConfig Read(GgufFile file, GgufMetadata metadata, GgufArchitecture architecture, int headSize)
    {
        string Key(string key) => $"{architecture.Name}.{key}";
        if (metadata.Count(Key(Width)) is { } width && width != headSize)
        {
            throw new RefusedFileException(
                metadata.Path, $"{Key(Width)} is {width}, but a head has {headSize} channels; turning a part of each head is not supported in a GGUF file here.");
        }

        var rope = new RopeConfig { Theta = metadata.PositiveNumber(Key(Base)) ?? DefaultBase };
        string scaling = metadata.Text(Key(Scaling)) ?? "linear";
        double factor = metadata.PositiveNumber(Key(Factor)) ?? metadata.PositiveNumber(Key(OldFactor)) ?? 1;
        if (scaling is not ("linear" or "none"))
        {
            throw new RefusedFileException(metadata.Path, $"{Key(Scaling)} is \"{scaling}\"; this scaling is not supported here, only none and linear are.");
        }

        bool isLinear = scaling == "linear" && factor != 1;
        if (file.Find(GgufTensors.RopeFactors) is null)
        {
            return isLinear ? rope with { Scaling = RopeScaling.Linear, Factor = factor } : rope;
        }

        if (isLinear)
        {
            throw new RefusedFileException(
                metadata.Path, $"it has both a linear {Key(Factor)} and the tensor '{GgufTensors.RopeFactors}'; only one of them is supported here.");
        }

        return Recognize(metadata, rope, file.ReadSingles(GgufTensors.RopeFactors), headSize);
    }

    private static RopeConfig Recognize(GgufMetadata metadata, RopeConfig rope, float[] divisors, int width)
    {
        // All of Meta's Llama 3 have these limits; the slowest pair shows the factor.
        RopeConfig llama3 = rope with
        {
            Scaling = RopeScaling.Llama3,
            Factor = metadata.PositiveNumber(OwnFactor) ?? Math.Max(1, divisors.DefaultIfEmpty(1).Max()),
            LowFrequencyFactor = metadata.PositiveNumber(OwnLow) ?? 1,
            HighFrequencyFactor = metadata.PositiveNumber(OwnHigh) ?? 4,
            OriginalBlockSize = metadata.Count(OwnOriginal) ?? 8192,
        };
        float[] expected = Divisors(llama3, width)!;
        const float rounding = 1e-5f;
        return divisors.Length == expected.Length && divisors.Zip(expected).All(pair => MathF.Abs(pair.First - pair.Second) <= rounding * pair.Second)
            ? llama3
            : throw new RefusedFileException(
                metadata.Path, $"tensor '{GgufTensors.RopeFactors}' does not hold the {expected.Length} divisors of Llama 3's rule; other factors of rotary embedding are not supported here.");
    }
}
