namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// <c>rcp.approx.ftz.f64</c> and <c>rsqrt.approx{.ftz}.f64</c>: starting values for Newton's iteration. The flushing forms read only
/// the upper word of the operand and write only the upper word of the result: 20 bits of fraction.
/// </summary>
internal static unsafe class DoubleEstimates
{
    private static readonly FloatFormat UpperWord = new(20, 11, 0x7ff8_0000);

    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form, bool flush, ArithmeticOptions options)
    {
        int control = (flush ? Approximations.Flush : 0) | (options.Perturb ? Approximations.Perturb : 0);
        LaneOperation operation = new() { Function = null, Control = control, Destination = NumberType.F64, A = NumberType.F64 };
        return form.Opcode switch
        {
            "rcp" when flush => operation with { Function = &Invoke<ReciprocalFunction> },
            "rsqrt" => operation with { Function = &Invoke<ReciprocalSquareRootFunction> },
            _ => null,
        };
    }

    private static void Invoke<TFunction>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFunction : struct, IApproximation
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            double x = ((double*)a)[lane];
            if ((control & Approximations.Flush) == 0)
            {
                ((double*)d)[lane] = TFunction.Value(x);
                continue;
            }

            x = BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(x) & 0xffff_ffff_0000_0000);
            x = double.IsSubnormal(x) ? Math.CopySign(0, x) : x;
            double value = TFunction.Value(x);
            if ((control & Approximations.Perturb) != 0 && double.IsNormal(value) && x != 0)
            {
                value = Approximations.Moved(value, Math.Abs(value) * 9.5367431640625e-7, BitConverter.DoubleToUInt64Bits(x)); // 2⁻²⁰
            }

            value = double.IsSubnormal(value) ? Math.CopySign(0, value) : value;
            ulong upper = double.IsNaN(value)
                ? UpperWord.QuietNaN
                : double.IsInfinity(value)
                    ? UpperWord.Infinity | (value < 0 ? UpperWord.SignBit : 0)
                    : ExactNumber.FromDouble(value).Round(UpperWord, RoundingMode.NearestEven);
            ((ulong*)d)[lane] = upper << 32;
        }
    }
}
