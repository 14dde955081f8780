using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// <c>ex2.approx</c> and <c>tanh.approx</c> of 16-bit floats. Their bounds: ex2 2⁻⁹·⁹ (f16) and 2⁻⁷ (bf16) of the result; tanh 2⁻¹⁰·⁹⁸⁷
/// (f16) and 2⁻⁸ (bf16) absolute.
/// </summary>
internal static unsafe class HalfApproximations
{
    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form, NumberType type, ArithmeticOptions options)
    {
        bool binary16 = type is NumberType.F16 or NumberType.F16x2;
        if (!binary16 && type is not (NumberType.BF16 or NumberType.BF16x2))
        {
            return null;
        }

        // The bf16 form of ex2 is only written with .ftz, the f16 form may be, tanh never.
        bool flush = form.Opcode == "ex2" && form.Take("ftz");
        delegate*<void*, void*, void*, void*, void*, int, void> function = (form.Opcode, binary16) switch
        {
            ("ex2", true) => &Invoke<Binary16, Exp2Function>,
            ("ex2", false) => &Invoke<BFloat16, Exp2Function>,
            ("tanh", true) => &Invoke<Binary16, TanhFunction>,
            ("tanh", false) => &Invoke<BFloat16, TanhFunction>,
            _ => null,
        };
        int control = (flush ? Approximations.Flush : 0) | (options.Perturb ? Approximations.Perturb : 0);
        return function == null ? null : new() { Function = function, Control = control, Destination = type, A = type };
    }

    private static void Invoke<TFormat, TFunction>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
        where TFunction : struct, IApproximation
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint pair = ((uint*)a)[lane];
            ((uint*)d)[lane] = One<TFormat, TFunction>(pair & 0xffff, control) | (One<TFormat, TFunction>(pair >> 16, control) << 16);
        }
    }

    private static uint One<TFormat, TFunction>(uint bits, int control)
        where TFormat : struct, IHalfFormat
        where TFunction : struct, IApproximation
    {
        FloatFormat format = TFormat.Format;
        bool flush = (control & Approximations.Flush) != 0;
        bits = flush ? Flushed(bits, format) : bits;
        float x = TFormat.Widen(Vector512.Create(bits)).ToScalar();
        double value = TFunction.Value(x);
        if (double.IsNaN(value))
        {
            return (uint)format.QuietNaN;
        }

        if (double.IsInfinity(value))
        {
            return (uint)(format.Infinity | (value < 0 ? format.SignBit : 0));
        }

        RoundingMode mode = RoundingMode.NearestEven;
        if ((control & Approximations.Perturb) != 0 && x != 0 && float.IsFinite(x))
        {
            bool binary16 = format == FloatFormat.F16;
            double bound = typeof(TFunction) == typeof(Exp2Function)
                ? value * (binary16 ? 1.0466e-3 : 0.0078125)
                : binary16 ? 4.927e-4 : 0.00390625;
            double moved = Approximations.Moved(value, bound, bits);
            mode = moved > value ? RoundingMode.Down : RoundingMode.Up;
            value = moved;
        }

        uint result = (uint)ExactNumber.FromDouble(value).Round(format, mode);
        return flush ? Flushed(result, format) : result;
    }

    private static uint Flushed(uint bits, FloatFormat format) => (bits & format.Infinity) == 0 ? bits & (uint)format.SignBit : bits;
}
