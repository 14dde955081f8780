using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>A function that hardware approximates: its value, and how far an approximation may be from it.</summary>
internal interface IApproximation
{
    /// <summary>The function, to double precision.</summary>
    static abstract double Value(double x);

    /// <summary>The largest documented absolute error of single precision at x, where the function is <paramref name="value"/>.</summary>
    static abstract double Bound(double x, double value);
}

/// <summary>
/// Approximate functions. Their bits are not specified, only bounds: here results are rounded correctly, or, perturbed, moved by the
/// whole bound, up or down by a hash of the operands, so that a program which needs more than the bound promises is found out.
/// </summary>
internal static unsafe class Approximations
{
    /// <summary>In the control argument: <c>.ftz</c>.</summary>
    public const int Flush = 1;

    /// <summary>In the control argument: move the result by its bound.</summary>
    public const int Perturb = 2;

    /// <summary>d = function(a), single precision.</summary>
    public static void Single<TFunction>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFunction : struct, IApproximation
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            float x = ((float*)a)[lane];
            x = (control & Flush) != 0 ? SingleRules.Flush(x) : x;
            double value = TFunction.Value(x);
            bool exact = x == 0 || !float.IsFinite(x) || (control & Perturb) == 0;
            float result = exact
                ? Rounded(value)
                : Rounded(Moved(value, TFunction.Bound(x, value), BitConverter.SingleToUInt32Bits(x)), value);
            ((float*)d)[lane] = (control & Flush) != 0 ? SingleRules.Flush(result) : result;
        }
    }

    /// <summary>d = a / b moved by two units of the last place; the plain form is a vector operation.</summary>
    public static void PerturbedQuotient(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            float x = ((float*)a)[lane];
            float y = ((float*)b)[lane];
            if ((control & Flush) != 0)
            {
                x = SingleRules.Flush(x);
                y = SingleRules.Flush(y);
            }

            double value = (double)x / y;
            ulong seed = ((ulong)BitConverter.SingleToUInt32Bits(x) << 32) | BitConverter.SingleToUInt32Bits(y);
            float result = x == 0 || y == 0 || !double.IsFinite(value)
                ? Rounded(value)
                : Rounded(Moved(value, 2 * UnitInLastPlace(value), seed), value);
            ((float*)d)[lane] = (control & Flush) != 0 ? SingleRules.Flush(result) : result;
        }
    }

    /// <summary>The distance of neighbours in single precision around a value.</summary>
    public static double UnitInLastPlace(double value)
    {
        int exponent = Math.Max(-126, Math.ILogB(value));
        return Math.ScaleB(1, exponent - 23);
    }

    /// <summary>A value moved by its bound, in the direction that a hash of the operands gives.</summary>
    public static double Moved(double value, double bound, ulong seed)
    {
        // The finaliser of SplitMix64: neighbouring operands get unrelated directions.
        seed = (seed ^ (seed >> 30)) * 0xbf58_476d_1ce4_e5b9;
        seed = (seed ^ (seed >> 27)) * 0x94d0_49bb_1331_11eb;
        return BitOperations.PopCount(seed ^ (seed >> 31)) % 2 == 0 ? value + bound : value - bound;
    }

    /// <summary>The nearest single.</summary>
    public static float Rounded(double value) =>
        double.IsNaN(value) ? BitConverter.UInt32BitsToSingle(SingleRules.QuietNaN) : (float)value;

    // The single next to a moved value on the side of the true one, so that rounding does not add to the bound.
    private static float Rounded(double moved, double value)
    {
        if (!double.IsFinite(moved))
        {
            return Rounded(moved);
        }

        RoundingMode mode = moved > value ? RoundingMode.Down : RoundingMode.Up;
        return BitConverter.UInt32BitsToSingle((uint)ExactNumber.FromDouble(moved).Round(FloatFormat.F32, mode));
    }
}
