namespace GptSharp.Tensors.Backends.Reference;

/// <summary>The standard normal distribution, to double precision.</summary>
internal static class NormalDistribution
{
    private static readonly double InverseSqrtTwoPi = 1 / Math.Sqrt(2 * Math.PI);

    /// <summary>phi(x) = exp(-x²/2) / sqrt(2 pi).</summary>
    public static double Density(double x) => InverseSqrtTwoPi * Math.Exp(-0.5 * x * x);

    /// <summary>
    /// Phi(x). Near the centre the series Phi = 1/2 + phi(x) (x + x³/3 + x⁵/15 + ...), whose terms are all of one sign; in the
    /// tails the continued fraction 1 - Phi = phi(x) / (x + 1/(x + 2/(x + 3/(x + ...)))).
    /// Abramowitz and Stegun 1964, 26.2.11 and 26.2.14.
    /// </summary>
    public static double Cumulative(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double magnitude = Math.Abs(x);
        if (magnitude < 4)
        {
            double term = x;
            double sum = x;
            for (int n = 3; Math.Abs(term) > 1e-18 * Math.Abs(sum); n += 2)
            {
                term *= x * x / n;
                sum += term;
            }

            return x < -1 ? Tail(magnitude) : 0.5 + (Density(x) * sum);
        }

        return x < 0 ? Tail(magnitude) : 1 - Tail(magnitude);
    }

    private static double Tail(double x)
    {
        // 300 levels give full precision from x = 1 on.
        double fraction = x;
        for (int level = 300; level >= 1; level--)
        {
            fraction = x + (level / fraction);
        }

        return Density(x) / fraction;
    }
}
