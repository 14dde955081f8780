namespace GptSharp.Ptx.Arithmetic;

/// <summary>1 / x to one unit of the last place.</summary>
internal readonly struct ReciprocalFunction : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => 1 / x;

    /// <inheritdoc/>
    public static double Bound(double x, double value) => Approximations.UnitInLastPlace(value);
}

/// <summary>√x to 2⁻²³ of it.</summary>
internal readonly struct SquareRootFunction : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => Math.Sqrt(x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => value * 1.1920928955078125e-7;
}

/// <summary>1 / √x to 2⁻²²·⁹ of it.</summary>
internal readonly struct ReciprocalSquareRootFunction : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => 1 / Math.Sqrt(x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => value * 1.2776e-7;
}

/// <summary>2ˣ to 2⁻²² of it.</summary>
internal readonly struct Exp2Function : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => Math.Pow(2, x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => value * 2.384185791015625e-7;
}

/// <summary>log₂ x to 2⁻²²·⁶: absolute within [0.5, 2], of the result elsewhere.</summary>
internal readonly struct Log2Function : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => Math.Log2(x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => 1.5729e-7 * (x is >= 0.5 and <= 2 ? 1 : Math.Abs(value));
}

/// <summary>sin x to 2⁻²⁰·⁵ within [−2π, 2π], 2⁻¹⁴·⁷ beyond.</summary>
internal readonly struct SineFunction : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => Math.Sin(x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => Math.Abs(x) <= 2 * Math.PI ? 6.7434e-7 : 3.7571e-5;
}

/// <summary>cos x to 2⁻²⁰·⁵ within [−2π, 2π], 2⁻¹⁴·⁷ beyond.</summary>
internal readonly struct CosineFunction : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => Math.Cos(x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => SineFunction.Bound(x, value);
}

/// <summary>tanh x to 2⁻¹¹ of it.</summary>
internal readonly struct TanhFunction : IApproximation
{
    /// <inheritdoc/>
    public static double Value(double x) => Math.Tanh(x);

    /// <inheritdoc/>
    public static double Bound(double x, double value) => Math.Abs(value) * 4.8828125e-4;
}
