namespace GptSharp.TestKit;

/// <summary>The measure by which tensors are compared.</summary>
public static class RelativeDistance
{
    // Below this an expected tensor counts as zero and the distance is absolute.
    private const double Negligible = 1e-9;

    /// <summary>|actual - expected| / |expected| in the L2 norm; NaN if the lengths differ or a value is NaN.</summary>
    public static double Between(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        if (expected.Length != actual.Length)
        {
            return double.NaN;
        }

        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            size += expected[i] * expected[i];
        }

        return Math.Sqrt(difference) / (Math.Sqrt(size) > Negligible ? Math.Sqrt(size) : 1);
    }
}
