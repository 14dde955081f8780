namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds <c>cvt</c>.</summary>
internal static unsafe class ConversionBinding
{
    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form)
    {
        if (form.Take("pack"))
        {
            return PackedConversion.Bind(form);
        }

        NumberType source = form.TakeType();
        NumberType destination = form.TakeType();
        RoundingMode? mode = form.TakeRounding();
        var conversion = new Conversion(
            destination,
            source,
            mode ?? RoundingMode.NearestEven,
            Integral: false,
            Flush: form.Take("ftz"),
            Saturate: form.Take("sat"),
            Rectify: form.Take("relu"),
            Finite: form.Take("satfinite"));
        if (Float8.IsPair(destination) || Float8.IsPair(source))
        {
            return Float8.Bind(conversion);
        }

        if (destination is NumberType.F16x2 or NumberType.BF16x2)
        {
            return source == NumberType.F32 ? Pair(conversion) : null;
        }

        if (!IsConvertible(destination) || !IsConvertible(source) || source == NumberType.TF32)
        {
            return null;
        }

        // Between floats of one width, or to a wider one, a rounding mode can only mean rounding to an integer.
        bool integral = mode != null && destination.IsFloat() && source.IsFloat() && destination != NumberType.TF32
            && FloatFormat.Of(destination).FractionBits >= FloatFormat.Of(source).FractionBits
            && FloatFormat.Of(destination).ExponentBits >= FloatFormat.Of(source).ExponentBits;
        conversion = conversion with { Integral = integral };
        LaneOperation operation = new() { Function = &ConversionLanes.Any, Control = conversion.Pack(), Destination = destination, A = source };
        return Plain(conversion) is { } fast ? operation with { Function = (delegate*<void*, void*, void*, void*, void*, int, void>)fast } : operation;
    }

    private static bool IsConvertible(NumberType type) =>
        type.IsFloat() || type is >= NumberType.U8 and <= NumberType.S64;

    // Two singles into the halves of one register.
    private static LaneOperation Pair(Conversion conversion)
    {
        bool binary16 = conversion.Destination == NumberType.F16x2;
        bool plain = conversion is { Mode: RoundingMode.NearestEven, Flush: false, Rectify: false, Finite: false, Saturate: false };
        LaneOperation operation = new()
        {
            Function = &ConversionLanes.AnyPair,
            Control = (conversion with { Destination = binary16 ? NumberType.F16 : NumberType.BF16 }).Pack(),
            Destination = conversion.Destination,
            A = NumberType.F32,
            B = NumberType.F32,
        };
        return (plain, binary16) switch
        {
            (false, _) => operation,
            (true, true) => operation with { Function = &ConversionLanes.NarrowPair<Binary16> },
            (true, false) => operation with { Function = &ConversionLanes.NarrowPair<BFloat16> },
        };
    }

    // The frequent conversions; zero for the rest.
    private static nint? Plain(Conversion conversion)
    {
        if (conversion is not { Flush: false, Saturate: false, Rectify: false, Finite: false, Integral: false })
        {
            return null;
        }

        delegate*<void*, void*, void*, void*, void*, int, void> function = (conversion.Destination, conversion.Source, conversion.Mode) switch
        {
            (NumberType.F16, NumberType.F32, RoundingMode.NearestEven) => &ConversionLanes.Narrow<Binary16>,
            (NumberType.BF16, NumberType.F32, RoundingMode.NearestEven) => &ConversionLanes.Narrow<BFloat16>,
            (NumberType.F32, NumberType.F16, _) => &ConversionLanes.Widen<Binary16>,
            (NumberType.F32, NumberType.BF16, _) => &ConversionLanes.Widen<BFloat16>,
            (NumberType.F32, NumberType.F64, RoundingMode.NearestEven) => &ConversionLanes.DoubleToSingle,
            (NumberType.F64, NumberType.F32, _) => &ConversionLanes.SingleToDouble,
            (NumberType.F32, NumberType.S32, RoundingMode.NearestEven) => &Lanes.Unary<int, float, ConversionLanes.FromSigned>,
            (NumberType.F32, NumberType.U32, RoundingMode.NearestEven) => &Lanes.Unary<uint, float, ConversionLanes.FromUnsigned>,
            (NumberType.F64, NumberType.S32, _) => &Lanes.Unary<int, double, ConversionLanes.DoubleFromSigned>,
            (NumberType.S32, NumberType.F32, RoundingMode.TowardZero) => &Lanes.Unary<float, int, ConversionLanes.ToSigned>,
            (NumberType.U32, NumberType.F32, RoundingMode.TowardZero) => &Lanes.Unary<float, uint, ConversionLanes.ToUnsigned>,
            (NumberType.U64 or NumberType.S64, NumberType.U32, _) => &ConversionLanes.ExtendUnsigned,
            (NumberType.U64 or NumberType.S64, NumberType.S32, _) => &ConversionLanes.ExtendSigned,
            (NumberType.U32 or NumberType.S32, NumberType.U64 or NumberType.S64, _) => &ConversionLanes.Truncate,
            (NumberType.U32 or NumberType.S32, NumberType.U16, _) => &WarpVectors.Unary<uint, ConversionLanes.LowHalf>,
            (NumberType.U32 or NumberType.S32, NumberType.S16, _) => &WarpVectors.Unary<int, ConversionLanes.SignedLowHalf>,
            (NumberType.U16, NumberType.U32 or NumberType.S32, _) => &WarpVectors.Unary<uint, ConversionLanes.LowHalf>,
            (NumberType.S32 or NumberType.U32, NumberType.S32 or NumberType.U32, _) => &WarpVectors.Unary<uint, ConversionLanes.Same>,
            _ => null,
        };
        return function == null ? null : (nint)function;
    }
}
