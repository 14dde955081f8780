using System.Collections.Concurrent;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds <c>setp, set, testp, selp, slct</c>.</summary>
internal static unsafe class ComparisonBinding
{
    // A set instruction's control argument is an index of its comparison here: function pointers cannot capture.
    private static readonly ConcurrentDictionary<SetForm, int> SetIndices = new();
    private static SetForm[] _setForms = [];
    private static readonly Lock SetLock = new();

    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form)
    {
        NumberType type = form.TakeType();
        return form.Opcode switch
        {
            "setp" => SetPredicate(form, type),
            "set" => Set(form, form.TakeType(), type),
            "testp" => Test(form, type),
            "selp" => Select(type),
            _ => SelectBySign(form, form.TakeType(), type),
        };
    }

    private static LaneOperation? SetPredicate(Form form, NumberType type)
    {
        bool flush = form.Take("ftz");
        PredicateCombination combination = TakeCombination(form);
        if (Comparisons.Take(form) is not { } comparison || Comparisons.Find(comparison, type, flush) is not { } bound)
        {
            return null;
        }

        return new()
        {
            Function = (delegate*<void*, void*, void*, void*, void*, int, void>)bound.Function,
            Control = bound.Control,
            Destination = NumberType.Predicate,
            A = type,
            B = type,
            C = combination == PredicateCombination.None ? NumberType.None : NumberType.Predicate,
            Combination = combination,
        };
    }

    private static PredicateCombination TakeCombination(Form form) => form.TakeAny("and", "or", "xor") switch
    {
        "and" => PredicateCombination.And,
        "or" => PredicateCombination.Or,
        "xor" => PredicateCombination.Xor,
        _ => PredicateCombination.None,
    };

    private static LaneOperation? Set(Form form, NumberType destination, NumberType source)
    {
        bool flush = form.Take("ftz");
        PredicateCombination combination = TakeCombination(form);
        uint truth = destination switch
        {
            NumberType.U16 or NumberType.S16 => 0xffff,
            NumberType.U32 or NumberType.S32 => 0xffff_ffff,
            NumberType.F32 => 0x3f80_0000,
            NumberType.F16 => 0x3c00,
            NumberType.BF16 => 0x3f80,
            NumberType.F16x2 => 0x3c00_3c00,
            NumberType.BF16x2 => 0x3f80_3f80,
            _ => 0,
        };
        if (truth == 0 || Comparisons.Take(form) is not { } comparison || Comparisons.Find(comparison, source, flush) is not { } bound)
        {
            return null;
        }

        return new()
        {
            Function = &SetLanes,
            Control = Register(new SetForm(bound, combination, truth)),
            Destination = destination,
            A = source,
            B = source,
            C = combination == PredicateCombination.None ? NumberType.None : NumberType.Predicate,
        };
    }

    private static int Register(SetForm form) => SetIndices.GetOrAdd(form, static added =>
    {
        lock (SetLock)
        {
            int index = _setForms.Length;
            _setForms = [.. _setForms, added];
            return index;
        }
    });

    private static void SetLanes(void* d, void* a, void* b, void* c, void* e, int control)
    {
        SetForm form = _setForms[control];
        uint* masks = stackalloc uint[2];
        ((delegate*<void*, void*, void*, void*, void*, int, void>)form.Comparison.Function)(masks, a, b, null, null, form.Comparison.Control);
        uint low = Combine(masks[0], form.Combination, c);
        uint high = form.Comparison.Pair ? Combine(masks[1], form.Combination, c) : low;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint lowHalf = (low >> lane & 1) != 0 ? form.Truth & 0xffff : 0;
            uint highHalf = (high >> lane & 1) != 0 ? form.Truth & 0xffff_0000 : 0;
            ((uint*)d)[lane] = lowHalf | highHalf;
        }
    }

    private static uint Combine(uint mask, PredicateCombination combination, void* predicate) => combination switch
    {
        PredicateCombination.And => mask & *(uint*)predicate,
        PredicateCombination.Or => mask | *(uint*)predicate,
        PredicateCombination.Xor => mask ^ *(uint*)predicate,
        _ => mask,
    };

    private static LaneOperation? Test(Form form, NumberType type)
    {
        int property = form.TakeAny("finite", "infinite", "number", "notanumber", "normal", "subnormal") switch
        {
            "finite" => 0,
            "infinite" => 1,
            "number" => 2,
            "notanumber" => 3,
            "normal" => 4,
            "subnormal" => 5,
            _ => -1,
        };
        if (property < 0)
        {
            return null;
        }

        return type switch
        {
            NumberType.F32 => new() { Function = &TestSingle, Control = property, Destination = NumberType.Predicate, A = type },
            NumberType.F64 => new() { Function = &TestDouble, Control = property, Destination = NumberType.Predicate, A = type },
            _ => null,
        };
    }

    private static void TestSingle(void* d, void* a, void* b, void* c, void* e, int control)
    {
        uint mask = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            mask |= (Has(((float*)a)[lane], control) ? 1u : 0) << lane;
        }

        ((uint*)d)[0] = mask;
        ((uint*)d)[1] = ~mask;
    }

    private static void TestDouble(void* d, void* a, void* b, void* c, void* e, int control)
    {
        uint mask = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            mask |= (Has(((double*)a)[lane], control) ? 1u : 0) << lane;
        }

        ((uint*)d)[0] = mask;
        ((uint*)d)[1] = ~mask;
    }

    // PTX counts zero among the normal numbers.
    private static bool Has<T>(T value, int property)
        where T : System.Numerics.IFloatingPointIeee754<T> => property switch
        {
            0 => T.IsFinite(value),
            1 => T.IsInfinity(value),
            2 => !T.IsNaN(value),
            3 => T.IsNaN(value),
            4 => T.IsNormal(value) || T.IsZero(value),
            _ => T.IsSubnormal(value),
        };

    private static LaneOperation? Select(NumberType type) => type.Bits() switch
    {
        16 or 32 => new() { Function = &Selection.Select32, Destination = type, A = type, B = type, C = NumberType.Predicate },
        64 => new() { Function = &Selection.Select64, Destination = type, A = type, B = type, C = NumberType.Predicate },
        _ => null,
    };

    private static LaneOperation? SelectBySign(Form form, NumberType type, NumberType selector)
    {
        bool flush = form.Take("ftz");
        LaneOperation operation = new() { Function = null, Destination = type, A = type, B = type, C = selector };

        // Flushing makes a negative subnormal a zero, which is not less than zero.
        return (type.Bits(), selector, flush) switch
        {
            (16 or 32, NumberType.S32, false) => operation with { Function = &Lanes.Ternary<uint, uint, int, uint, SelectBySign<uint, int>> },
            (64, NumberType.S32, false) => operation with { Function = &Lanes.Ternary<ulong, ulong, int, ulong, SelectBySign<ulong, int>> },
            (16 or 32, NumberType.F32, false) => operation with { Function = &Lanes.Ternary<uint, uint, float, uint, SelectBySign<uint, float>> },
            (64, NumberType.F32, false) => operation with { Function = &Lanes.Ternary<ulong, ulong, float, ulong, SelectBySign<ulong, float>> },
            (16 or 32, NumberType.F32, true) => operation with { Function = &Lanes.Ternary<uint, uint, float, uint, SelectBySignFlushed<uint>> },
            (64, NumberType.F32, true) => operation with { Function = &Lanes.Ternary<ulong, ulong, float, ulong, SelectBySignFlushed<ulong>> },
            _ => null,
        };
    }

    private readonly record struct SetForm(BoundComparison Comparison, PredicateCombination Combination, uint Truth);

    private readonly struct SelectBySignFlushed<T> : ITernary<T, T, float, T>
    {
        /// <inheritdoc/>
        public static T Invoke(T a, T b, float c) => SingleRules.Flush(c) >= 0 ? a : b;
    }
}
