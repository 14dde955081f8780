namespace GptSharp.Kernels.Tests;

/// <summary>The distribution function of the standard normal distribution, for the tests of what is built on erf.</summary>
internal static class NormalOracle
{
    /// <summary>
    /// Phi(x) by Simpson's rule on the density between 0 and |x|, 600 intervals: the error is below 1e-8 up to |x| = 9, beyond which
    /// nothing is left of the tail.
    /// </summary>
    public static double Cumulative(double x)
    {
        if (double.IsNaN(x) || Math.Abs(x) > 9)
        {
            return double.IsNaN(x) ? x : x > 0 ? 1 : 0;
        }

        const int intervals = 600;
        double step = x / intervals, sum = Density(0) + Density(x);
        for (int i = 1; i < intervals; i++)
        {
            sum += (i % 2 == 0 ? 2 : 4) * Density(i * step);
        }

        return 0.5 + (sum * step / 3);
    }

    /// <summary>
    /// Phi(x) to a relative error below 1e-11, in the tail as well: near 0 by the Taylor series of its density's integral, else by the continued
    /// fraction of the tail, phi(a) / (a + 1 / (a + 2 / (a + 3 / ...))).
    /// </summary>
    public static double CumulativeInTheTail(double x)
    {
        double a = Math.Abs(x), tail;
        if (a < 2)
        {
            double term = a, sum = a;
            for (int i = 3; term > 1e-18 * sum; i += 2)
            {
                term *= a * a / i;
                sum += term;
            }

            tail = 0.5 - (sum * Density(a));
        }
        else
        {
            double fraction = a;
            for (int i = 400; i > 0; i--)
            {
                fraction = a + (i / fraction);
            }

            tail = Density(a) / fraction;
        }

        return x < 0 ? tail : 1 - tail;
    }

    /// <summary>phi(x).</summary>
    public static double Density(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
}
