namespace GptSharp.Ptx.Arithmetic;

/// <summary>A comparison bound to types: what <c>setp</c> and <c>set</c> have in common.</summary>
internal readonly unsafe record struct BoundComparison(nint Function, int Control, bool Pair);

/// <summary>Finds the comparison of an operator and a type.</summary>
internal static unsafe class Comparisons
{
    private static readonly string[] Names = ["eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"];

    /// <summary>Takes the operator of a form; the unsigned spellings <c>lo, ls, hi, hs</c> mean <c>lt, le, gt, ge</c>.</summary>
    public static ComparisonOperator? Take(Form form)
    {
        string? name = form.TakeAny(Names);
        if (name != null)
        {
            return (ComparisonOperator)Array.IndexOf(Names, name);
        }

        return form.TakeAny("lo", "ls", "hi", "hs") switch
        {
            "lo" => ComparisonOperator.Lt,
            "ls" => ComparisonOperator.Le,
            "hi" => ComparisonOperator.Gt,
            "hs" => ComparisonOperator.Ge,
            _ => null,
        };
    }

    /// <summary>The comparison, or null if the type has no such one.</summary>
    public static BoundComparison? Find(ComparisonOperator comparison, NumberType type, bool flush)
    {
        if (!type.IsFloat() && type is not (NumberType.F16x2 or NumberType.BF16x2) && comparison > ComparisonOperator.Ge)
        {
            return null;
        }

        int control = (int)comparison | (flush ? NarrowComparisons.Flush : 0);
        return type switch
        {
            NumberType.B16 or NumberType.U16 => new((nint)(delegate*<void*, void*, void*, void*, void*, int, void>)&NarrowComparisons.Integer<ushort>, control, false),
            NumberType.S16 => new((nint)(delegate*<void*, void*, void*, void*, void*, int, void>)&NarrowComparisons.Integer<short>, control, false),
            NumberType.B32 or NumberType.U32 => new(Ordered<uint>(comparison), 0, false),
            NumberType.S32 => new(Ordered<int>(comparison), 0, false),
            NumberType.B64 or NumberType.U64 => new(Ordered<ulong>(comparison), 0, false),
            NumberType.S64 => new(Ordered<long>(comparison), 0, false),
            NumberType.F32 when flush => new(FlushedFloat(comparison), 0, false),
            NumberType.F32 => new(Float<float, EqualVectors<float>, LessVectors<float>, LessOrEqualVectors<float>, NumberVectors<float>>(comparison), 0, false),
            NumberType.F64 => new(Float<double, EqualVectors<double>, LessVectors<double>, LessOrEqualVectors<double>, NumberVectors<double>>(comparison), 0, false),
            NumberType.F16 => new((nint)(delegate*<void*, void*, void*, void*, void*, int, void>)&NarrowComparisons.Half<Binary16>, control, false),
            NumberType.BF16 => new((nint)(delegate*<void*, void*, void*, void*, void*, int, void>)&NarrowComparisons.Half<BFloat16>, control, false),
            NumberType.F16x2 => new((nint)(delegate*<void*, void*, void*, void*, void*, int, void>)&NarrowComparisons.HalfPair<Binary16>, control, true),
            NumberType.BF16x2 => new((nint)(delegate*<void*, void*, void*, void*, void*, int, void>)&NarrowComparisons.HalfPair<BFloat16>, control, true),
            _ => null,
        };
    }

    private static nint Ordered<T>(ComparisonOperator comparison)
        where T : unmanaged => (nint)(comparison switch
        {
            ComparisonOperator.Eq => &WarpComparison.Direct<T, EqualVectors<T>>,
            ComparisonOperator.Ne => &WarpComparison.Negated<T, EqualVectors<T>>,
            ComparisonOperator.Lt => &WarpComparison.Direct<T, LessVectors<T>>,
            ComparisonOperator.Le => &WarpComparison.Direct<T, LessOrEqualVectors<T>>,
            ComparisonOperator.Gt => &WarpComparison.Swapped<T, LessVectors<T>>,
            _ => (delegate*<void*, void*, void*, void*, void*, int, void>)&WarpComparison.Swapped<T, LessOrEqualVectors<T>>,
        });

    private static nint FlushedFloat(ComparisonOperator comparison) =>
        Float<
            float, FlushedComparison<EqualVectors<float>>, FlushedComparison<LessVectors<float>>,
            FlushedComparison<LessOrEqualVectors<float>>, FlushedComparison<NumberVectors<float>>>(comparison);

    // The comparisons that hold for NaN are complements of those that do not.
    private static nint Float<T, TEqual, TLess, TLessOrEqual, TNumber>(ComparisonOperator comparison)
        where T : unmanaged
        where TEqual : struct, IVectorComparison<T>
        where TLess : struct, IVectorComparison<T>
        where TLessOrEqual : struct, IVectorComparison<T>
        where TNumber : struct, IVectorComparison<T> => (nint)(comparison switch
        {
            ComparisonOperator.Eq => &WarpComparison.Direct<T, TEqual>,
            ComparisonOperator.Ne => &WarpComparison.Direct<T, Unequal<T, TEqual, TNumber>>,
            ComparisonOperator.Lt => &WarpComparison.Direct<T, TLess>,
            ComparisonOperator.Le => &WarpComparison.Direct<T, TLessOrEqual>,
            ComparisonOperator.Gt => &WarpComparison.Swapped<T, TLess>,
            ComparisonOperator.Ge => &WarpComparison.Swapped<T, TLessOrEqual>,
            ComparisonOperator.Equ => &WarpComparison.Negated<T, Unequal<T, TEqual, TNumber>>,
            ComparisonOperator.Neu => &WarpComparison.Negated<T, TEqual>,
            ComparisonOperator.Ltu => &WarpComparison.SwappedNegated<T, TLessOrEqual>,
            ComparisonOperator.Leu => &WarpComparison.SwappedNegated<T, TLess>,
            ComparisonOperator.Gtu => &WarpComparison.Negated<T, TLessOrEqual>,
            ComparisonOperator.Geu => &WarpComparison.Negated<T, TLess>,
            ComparisonOperator.Num => &WarpComparison.Direct<T, TNumber>,
            _ => (delegate*<void*, void*, void*, void*, void*, int, void>)&WarpComparison.Negated<T, TNumber>,
        });

    private readonly struct Unequal<T, TEqual, TNumber> : IVectorComparison<T>
        where TEqual : struct, IVectorComparison<T>
        where TNumber : struct, IVectorComparison<T>
    {
        /// <inheritdoc/>
        public static System.Runtime.Intrinsics.Vector256<T> Invoke(System.Runtime.Intrinsics.Vector256<T> a, System.Runtime.Intrinsics.Vector256<T> b) =>
            TNumber.Invoke(a, b) & ~TEqual.Invoke(a, b);

        /// <inheritdoc/>
        public static System.Runtime.Intrinsics.Vector512<T> Invoke(System.Runtime.Intrinsics.Vector512<T> a, System.Runtime.Intrinsics.Vector512<T> b) =>
            TNumber.Invoke(a, b) & ~TEqual.Invoke(a, b);
    }
}
