using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds approximate functions, and <c>rcp</c> and <c>sqrt</c> with a rounding mode.</summary>
internal static unsafe class ApproximateBinding
{
    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form, ArithmeticOptions options)
    {
        NumberType type = form.TakeType();
        if (type is not (NumberType.F32 or NumberType.F64))
        {
            return form.Take("approx") ? HalfApproximations.Bind(form, type, options) : null;
        }

        if (form.TakeRounding() is { } mode)
        {
            return Rounded(form, type, mode);
        }

        if (!form.Take("approx"))
        {
            return null;
        }

        bool flush = form.Take("ftz");
        if (type == NumberType.F64)
        {
            return DoubleEstimates.Bind(form, flush, options);
        }

        int control = (flush ? Approximations.Flush : 0) | (options.Perturb ? Approximations.Perturb : 0);
        bool exact = !options.Perturb;
        return form.Opcode switch
        {
            "rcp" => One(type, exact ? FloatBinding.SingleUnary<ReciprocalSingle>(flush) : &Approximations.Single<ReciprocalFunction>, control),
            "sqrt" => One(type, exact ? FloatBinding.SingleUnary<SquareRootVectors<float>>(flush) : &Approximations.Single<SquareRootFunction>, control),
            "rsqrt" => One(type, &Approximations.Single<ReciprocalSquareRootFunction>, control),
            "ex2" when exact => One(type, flush ? &Exp2.Flushed : &Exp2.Plain, control),
            "ex2" => One(type, &Approximations.Single<Exp2Function>, control),
            "lg2" => One(type, &Approximations.Single<Log2Function>, control),
            "sin" => One(type, &Approximations.Single<SineFunction>, control),
            "cos" => One(type, &Approximations.Single<CosineFunction>, control),
            "tanh" when !flush => One(type, &Approximations.Single<TanhFunction>, control),
            _ => null,
        };
    }

    /// <summary>Binds <c>div.approx.f32</c> and <c>div.full.f32</c>.</summary>
    public static LaneOperation? Divide(Form form, bool flush, ArithmeticOptions options)
    {
        string? kind = form.TakeAny("approx", "full");
        LaneOperation operation = new() { Function = null, Destination = NumberType.F32, A = NumberType.F32, B = NumberType.F32 };
        return kind switch
        {
            null => null,
            _ when options.Perturb => operation with { Function = &Approximations.PerturbedQuotient, Control = flush ? Approximations.Flush : 0 },
            "approx" => operation with { Function = FloatBinding.Single<ApproximateQuotient>(flush, false) },
            _ => operation with { Function = FloatBinding.Single<DivideVectors<float>>(flush, false) },
        };
    }

    private static LaneOperation? Rounded(Form form, NumberType type, RoundingMode mode)
    {
        bool single = type == NumberType.F32;
        bool flush = single && form.Take("ftz");
        DirectedRounding.Operation? operation = form.Opcode switch
        {
            "rcp" => DirectedRounding.Operation.Reciprocal,
            "sqrt" => DirectedRounding.Operation.SquareRoot,
            _ => null,
        };
        return (operation, mode) switch
        {
            (null, _) or (_, RoundingMode.NearestAway) => null,
            (DirectedRounding.Operation.Reciprocal, RoundingMode.NearestEven) =>
                One(type, single ? FloatBinding.SingleUnary<ReciprocalSingle>(flush) : &WarpVectors.Unary<double, ReciprocalDouble>, 0),
            (_, RoundingMode.NearestEven) =>
                One(type, single ? FloatBinding.SingleUnary<SquareRootVectors<float>>(flush) : &WarpVectors.Unary<double, SquareRootVectors<double>>, 0),
            _ => One(type, &DirectedRounding.Invoke, DirectedRounding.Control(operation.Value, mode, type, flush, false)),
        };
    }

    private static LaneOperation One(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function, int control) =>
        new() { Function = function, Control = control, Destination = type, A = type };

    /// <summary>a / b as a times an approximate 1 / b, which is zero for divisors beyond 2¹²⁶.</summary>
    private readonly struct ApproximateQuotient : IVectorBinary<float>
    {
        private const float Limit = 8.507059173023462e37f; // 2¹²⁶

        /// <inheritdoc/>
        public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b) =>
            Vector256.ConditionalSelect(
                Vector256.GreaterThan(Vector256.Abs(b), Vector256.Create(Limit)), a * (b & Vector256.Create(-0f)), a / b);

        /// <inheritdoc/>
        public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b) =>
            Vector512.ConditionalSelect(
                Vector512.GreaterThan(Vector512.Abs(b), Vector512.Create(Limit)), a * (b & Vector512.Create(-0f)), a / b);
    }
}
