namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds arithmetic on 16-bit floats, alone or in pairs.</summary>
internal static unsafe class HalfBinding
{
    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form, NumberType type) =>
        type is NumberType.F16 or NumberType.F16x2 ? Bind<Binary16>(form, type) : Bind<BFloat16>(form, type);

    private static LaneOperation? Bind<TFormat>(Form form, NumberType type)
        where TFormat : struct, IHalfFormat
    {
        if (form.Opcode is "abs" or "neg")
        {
            delegate*<void*, void*, void*, void*, void*, int, void> signs = form.Opcode == "abs" ? &Abs<TFormat> : &Negate<TFormat>;
            return new() { Function = signs, Control = form.Take("ftz") ? HalfArithmetic.Flush : 0, Destination = type, A = type };
        }

        // Rounding to nearest even is all there is, named or not, but for bf16's fma.
        RoundingMode mode = form.TakeRounding() ?? RoundingMode.NearestEven;
        if (mode != RoundingMode.NearestEven)
        {
            return form.Opcode == "fma" && TFormat.Format == FloatFormat.BF16 && mode != RoundingMode.NearestAway
                ? new() { Function = &Directed, Control = (int)mode, Destination = type, A = type, B = type, C = type }
                : null;
        }

        int control = HalfArithmetic.HasB;
        control |= form.Take("ftz") ? HalfArithmetic.Flush : 0;
        control |= form.Take("sat") ? HalfArithmetic.Saturate : 0;
        control |= form.Take("relu") ? HalfArithmetic.Rectify : 0;
        control |= form.Opcode == "fma" ? HalfArithmetic.HasC : 0;
        delegate*<void*, void*, void*, void*, void*, int, void> function = form.Opcode switch
        {
            "add" => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Add>,
            "sub" => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Subtract>,
            "mul" => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Multiply>,
            "fma" => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.MultiplyAdd>,
            "min" => Extreme<TFormat, MinNumberVectors<float>, MinVectors<float>>(form),
            "max" => Extreme<TFormat, MaxNumberVectors<float>, MaxVectors<float>>(form),
            _ => null,
        };
        return function == null
            ? null
            : new() { Function = function, Control = control, Destination = type, A = type, B = type, C = form.Opcode == "fma" ? type : NumberType.None };
    }

    private static delegate*<void*, void*, void*, void*, void*, int, void> Extreme<TFormat, TNumber, TPropagating>(Form form)
        where TFormat : struct, IHalfFormat
        where TNumber : struct, IVectorBinary<float>
        where TPropagating : struct, IVectorBinary<float>
    {
        bool propagate = form.Take("NaN");
        bool signs = form.Take("xorsign") && form.Take("abs");
        return (propagate, signs) switch
        {
            (false, false) => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Exact<TNumber>>,
            (false, true) => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Exact<XorSign<TNumber>>>,
            (true, false) => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Exact<TPropagating>>,
            _ => &HalfArithmetic.Invoke<TFormat, HalfArithmetic.Exact<XorSign<TPropagating>>>,
        };
    }

    private static void Directed(void* d, void* a, void* b, void* c, void* e, int control)
    {
        var mode = (RoundingMode)control;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint x = ((uint*)a)[lane];
            uint y = ((uint*)b)[lane];
            uint z = ((uint*)c)[lane];
            uint low = (uint)IeeeArithmetic.MultiplyAdd(x & 0xffff, y & 0xffff, z & 0xffff, FloatFormat.BF16, mode);
            uint high = (uint)IeeeArithmetic.MultiplyAdd(x >> 16, y >> 16, z >> 16, FloatFormat.BF16, mode);
            ((uint*)d)[lane] = low | (high << 16);
        }
    }

    private static void Abs<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            ((uint*)d)[lane] = Flushed<TFormat>(((uint*)a)[lane], control) & 0x7fff_7fff;
        }
    }

    private static void Negate<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            ((uint*)d)[lane] = Flushed<TFormat>(((uint*)a)[lane], control) ^ 0x8000_8000;
        }
    }

    private static uint Flushed<TFormat>(uint pair, int control)
        where TFormat : struct, IHalfFormat
    {
        if ((control & HalfArithmetic.Flush) == 0)
        {
            return pair;
        }

        uint exponent = (uint)TFormat.Format.Infinity;
        uint low = (pair & exponent) == 0 ? pair & 0x8000 : pair & 0xffff;
        uint high = (pair & (exponent << 16)) == 0 ? pair & 0x8000_0000 : pair & 0xffff_0000;
        return low | high;
    }
}
