using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <summary>Rotary position embedding: which channels of a head are turned, and how fast.</summary>
public sealed record RopeConfig
{
    /// <summary>Pair i of R / 2 turns by theta^(-2i / R) per position.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>Which channels form a pair.</summary>
    public RopePairing Pairing { get; init; } = RopePairing.RotateHalf;

    /// <summary>R, the first channels of each head, which are turned, while the others pass; null for the whole head.</summary>
    public int? Width { get; init; }

    /// <summary>How the angles are stretched for a longer context.</summary>
    public RopeScaling Scaling { get; init; } = RopeScaling.None;

    /// <summary>How much longer; 1 without scaling.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Llama 3: pairs with fewer turns than this in the original context are slowed by the whole factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama 3: pairs with more turns than this in the original context keep their speed.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Llama 3: the context that the model was trained on, in tokens.</summary>
    public int? OriginalBlockSize { get; init; }

    /// <summary>Radians per position of each pair, scaling included.</summary>
    /// <param name="width">R.</param>
    /// <returns>R / 2 frequencies, falling.</returns>
    public double[] Frequencies(int width)
    {
        // With a single pair, theta plays no role and its exponent below has no value.
        double theta = Scaling == RopeScaling.Ntk && width > 2 ? Theta * Math.Pow(Factor, width / (width - 2.0)) : Theta;
        var frequencies = new double[width / 2];
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            double frequency = Math.Pow(theta, -2.0 * pair / width);
            frequencies[pair] = Scaling switch
            {
                RopeScaling.Linear => frequency / Factor,
                RopeScaling.Llama3 => frequency * KeptSpeed(frequency),
                _ => frequency,
            };
        }

        return frequencies;
    }

    private double KeptSpeed(double frequency)
    {
        double turns = (OriginalBlockSize ?? 0) * frequency / (2 * Math.PI);
        double kept = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
        return kept + ((1 - kept) / Factor);
    }
}
