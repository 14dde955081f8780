namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds single and double precision arithmetic.</summary>
internal static unsafe class FloatBinding
{
    /// <summary>The computation of a form of type <c>f32</c> or <c>f64</c>, or null.</summary>
    public static LaneOperation? Bind(Form form, NumberType type, ArithmeticOptions options)
    {
        bool single = type == NumberType.F32;
        RoundingMode? rounding = form.TakeRounding();
        bool flush = single && form.Take("ftz");
        bool saturate = single && form.Take("sat");
        RoundingMode mode = rounding ?? RoundingMode.NearestEven;
        if (mode != RoundingMode.NearestEven)
        {
            return Directed(form, type, mode, flush, saturate);
        }

        switch (form.Opcode)
        {
            case "add":
                return Two(type, single ? Single<AddVectors<float>>(flush, saturate) : &WarpVectors.Binary<double, AddVectors<double>>);
            case "sub":
                return Two(type, single ? Single<SubtractVectors<float>>(flush, saturate) : &WarpVectors.Binary<double, SubtractVectors<double>>);
            case "mul":
                return Two(type, single ? Single<MultiplyVectors<float>>(flush, saturate) : &WarpVectors.Binary<double, MultiplyVectors<double>>);
            case "fma" or "mad":
                return Two(type, single ? Fused(flush, saturate) : &WarpVectors.Ternary<double, FusedDouble>) with { C = type };
            case "div" when rounding == null && single:
                return ApproximateBinding.Divide(form, flush, options);
            case "div":
                return Two(type, single ? Single<DivideVectors<float>>(flush, false) : &WarpVectors.Binary<double, DivideVectors<double>>);
            case "abs":
                return Two(type, single ? Signs<AbsFloatVectors<float>>(flush) : &WarpVectors.Unary<double, AbsFloatVectors<double>>) with { B = NumberType.None };
            case "neg":
                return Two(type, single ? Signs<NegateFloatVectors<float>>(flush) : &WarpVectors.Unary<double, NegateFloatVectors<double>>) with { B = NumberType.None };
            case "copysign":
                return Two(type, single ? &WarpVectors.Binary<float, CopySignSingle> : &WarpVectors.Binary<double, CopySignDouble>);
            case "min":
                return single
                    ? Extreme<MinNumberVectors<float>, MinVectors<float>>(form, flush)
                    : Two(type, &WarpVectors.Binary<double, MinNumberVectors<double>>);
            case "max":
                return single
                    ? Extreme<MaxNumberVectors<float>, MaxVectors<float>>(form, flush)
                    : Two(type, &WarpVectors.Binary<double, MaxNumberVectors<double>>);
            default:
                return null;
        }
    }

    /// <summary>A single-precision operation of two operands, rounded to nearest.</summary>
    internal static delegate*<void*, void*, void*, void*, void*, int, void> Single<TOp>(bool flush, bool saturate)
        where TOp : struct, IVectorBinary<float> => (flush, saturate) switch
        {
            (false, false) => &WarpVectors.Binary<float, RuledBinary<TOp, PlainRule>>,
            (true, false) => &WarpVectors.Binary<float, RuledBinary<TOp, FlushRule>>,
            (false, true) => &WarpVectors.Binary<float, RuledBinary<TOp, SaturateRule>>,
            _ => &WarpVectors.Binary<float, RuledBinary<TOp, FlushSaturateRule>>,
        };

    /// <summary>A single-precision operation of one operand, rounded to nearest.</summary>
    internal static delegate*<void*, void*, void*, void*, void*, int, void> SingleUnary<TOp>(bool flush)
        where TOp : struct, IVectorUnary<float> => flush
            ? &WarpVectors.Unary<float, RuledUnary<TOp, FlushRule>>
            : &WarpVectors.Unary<float, RuledUnary<TOp, PlainRule>>;

    private static delegate*<void*, void*, void*, void*, void*, int, void> Fused(bool flush, bool saturate) => (flush, saturate) switch
    {
        (false, false) => &WarpVectors.Ternary<float, RuledTernary<FusedSingle, PlainRule>>,
        (true, false) => &WarpVectors.Ternary<float, RuledTernary<FusedSingle, FlushRule>>,
        (false, true) => &WarpVectors.Ternary<float, RuledTernary<FusedSingle, SaturateRule>>,
        _ => &WarpVectors.Ternary<float, RuledTernary<FusedSingle, FlushSaturateRule>>,
    };

    private static delegate*<void*, void*, void*, void*, void*, int, void> Signs<TOp>(bool flush)
        where TOp : struct, IVectorUnary<float> =>
        flush ? &WarpVectors.Unary<float, FlushedUnary<TOp>> : &WarpVectors.Unary<float, TOp>;

    private static LaneOperation Extreme<TNumber, TPropagating>(Form form, bool flush)
        where TNumber : struct, IVectorBinary<float>
        where TPropagating : struct, IVectorBinary<float>
    {
        bool propagate = form.Take("NaN");
        bool signs = form.Take("xorsign") && form.Take("abs");
        return Two(NumberType.F32, (propagate, signs) switch
        {
            (false, false) => Single<TNumber>(flush, false),
            (false, true) => Single<XorSign<TNumber>>(flush, false),
            (true, false) => Single<TPropagating>(flush, false),
            _ => Single<XorSign<TPropagating>>(flush, false),
        });
    }

    private static LaneOperation? Directed(Form form, NumberType type, RoundingMode mode, bool flush, bool saturate)
    {
        DirectedRounding.Operation? operation = form.Opcode switch
        {
            "add" => DirectedRounding.Operation.Add,
            "sub" => DirectedRounding.Operation.Subtract,
            "mul" => DirectedRounding.Operation.Multiply,
            "fma" or "mad" => DirectedRounding.Operation.MultiplyAdd,
            "div" => DirectedRounding.Operation.Divide,
            _ => null,
        };
        if (operation is not { } known || mode == RoundingMode.NearestAway)
        {
            return null;
        }

        return Two(type, &DirectedRounding.Invoke) with
        {
            C = known == DirectedRounding.Operation.MultiplyAdd ? type : NumberType.None,
            Control = DirectedRounding.Control(known, mode, type, flush, saturate),
        };
    }

    private static LaneOperation Two(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = type, A = type, B = type };
}
