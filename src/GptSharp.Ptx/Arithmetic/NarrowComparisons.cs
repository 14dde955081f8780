using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>The comparisons that PTX names; those of one sort for integers and floats, then those that hold for NaN too.</summary>
internal enum ComparisonOperator
{
    /// <summary>Equal.</summary>
    Eq,

    /// <summary>Not equal; false for NaN.</summary>
    Ne,

    /// <summary>Less.</summary>
    Lt,

    /// <summary>Less or equal.</summary>
    Le,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or equal.</summary>
    Ge,

    /// <summary>Equal, or NaN.</summary>
    Equ,

    /// <summary>Not equal, or NaN.</summary>
    Neu,

    /// <summary>Less, or NaN.</summary>
    Ltu,

    /// <summary>Less or equal, or NaN.</summary>
    Leu,

    /// <summary>Greater, or NaN.</summary>
    Gtu,

    /// <summary>Greater or equal, or NaN.</summary>
    Geu,

    /// <summary>Neither is NaN.</summary>
    Num,

    /// <summary>Either is NaN.</summary>
    Nan,
}

/// <summary>Comparisons of 16-bit numbers, lane by lane; the control argument is the <see cref="ComparisonOperator"/>.</summary>
internal static unsafe class NarrowComparisons
{
    /// <summary>In the control argument: flush subnormals.</summary>
    public const int Flush = 0x100;

    /// <summary>Two masks at d: the comparison of 16-bit integers, and its complement.</summary>
    public static void Integer<T>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged, IBinaryInteger<T>
    {
        uint mask = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            T x = Lanes.Load<T>(a, lane);
            T y = Lanes.Load<T>(b, lane);
            bool holds = (ComparisonOperator)control switch
            {
                ComparisonOperator.Eq => x == y,
                ComparisonOperator.Ne => x != y,
                ComparisonOperator.Lt => x < y,
                ComparisonOperator.Le => x <= y,
                ComparisonOperator.Gt => x > y,
                _ => x >= y,
            };
            mask |= (holds ? 1u : 0) << lane;
        }

        ((uint*)d)[0] = mask;
        ((uint*)d)[1] = ~mask;
    }

    /// <summary>Two masks at d: the comparison of the low halves, and its complement.</summary>
    public static void Half<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        uint mask = HalfMask<TFormat>((uint*)a, (uint*)b, 0, control);
        ((uint*)d)[0] = mask;
        ((uint*)d)[1] = ~mask;
    }

    /// <summary>Two masks at d: the comparison of the low halves, and that of the high halves.</summary>
    public static void HalfPair<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        uint low = HalfMask<TFormat>((uint*)a, (uint*)b, 0, control);
        uint high = HalfMask<TFormat>((uint*)a, (uint*)b, 16, control);
        ((uint*)d)[0] = low;
        ((uint*)d)[1] = high;
    }

    /// <summary>One comparison of floats.</summary>
    public static bool Holds(ComparisonOperator comparison, float x, float y)
    {
        bool unordered = float.IsNaN(x) || float.IsNaN(y);
        return comparison switch
        {
            ComparisonOperator.Num => !unordered,
            ComparisonOperator.Nan => unordered,
            ComparisonOperator.Ne => !unordered && x != y,
            ComparisonOperator.Eq => x == y,
            ComparisonOperator.Lt => x < y,
            ComparisonOperator.Le => x <= y,
            ComparisonOperator.Gt => x > y,
            ComparisonOperator.Ge => x >= y,
            ComparisonOperator.Equ => unordered || x == y,
            ComparisonOperator.Neu => x != y,
            ComparisonOperator.Ltu => !(x >= y),
            ComparisonOperator.Leu => !(x > y),
            ComparisonOperator.Gtu => !(x <= y),
            _ => !(x < y),
        };
    }

    private static uint HalfMask<TFormat>(uint* a, uint* b, int shift, int control)
        where TFormat : struct, IHalfFormat
    {
        uint mask = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            float x = Value<TFormat>(a[lane] >> shift, control);
            float y = Value<TFormat>(b[lane] >> shift, control);
            mask |= (Holds((ComparisonOperator)(control & 0xff), x, y) ? 1u : 0) << lane;
        }

        return mask;
    }

    private static float Value<TFormat>(uint bits, int control)
        where TFormat : struct, IHalfFormat
    {
        bits &= 0xffff;
        if ((control & Flush) != 0 && (bits & TFormat.Format.Infinity) == 0)
        {
            bits = 0;
        }

        return TFormat.Format == FloatFormat.BF16
            ? BitConverter.UInt32BitsToSingle(bits << 16)
            : (float)BitConverter.UInt16BitsToHalf((ushort)bits);
    }
}
