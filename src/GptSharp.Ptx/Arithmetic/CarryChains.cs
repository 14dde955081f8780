using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// Extended-precision integers: <c>add.cc, addc, sub.cc, subc, mad.cc, madc</c>. Each lane has one carry flag; e points to the mask
/// of all 32, and a borrow is a carry flag that is set.
/// </summary>
internal static unsafe class CarryChains
{
    /// <summary>In the control argument: add the flag (subtract it).</summary>
    public const int In = 1;

    /// <summary>In the control argument: set the flag.</summary>
    public const int Out = 2;

    /// <summary>In the control argument of a product: its upper half.</summary>
    public const int High = 4;

    /// <summary>In the control argument of a product: its factors are signed.</summary>
    public const int Signed = 8;

    /// <summary>d = a + b (+ flag).</summary>
    public static void Add<T>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged, IBinaryInteger<T>
    {
        uint carries = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            T sum = Sum(Lanes.Load<T>(a, lane), Lanes.Load<T>(b, lane), Flag(e, lane, control), out uint carry);
            Lanes.Store(d, lane, sum);
            carries |= carry << lane;
        }

        Publish(e, control, carries);
    }

    /// <summary>d = a − b (− flag).</summary>
    public static void Subtract<T>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged, IBinaryInteger<T>
    {
        uint borrows = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            T x = Lanes.Load<T>(a, lane);
            T y = Lanes.Load<T>(b, lane);
            T difference = x - y;
            uint borrow = x < y ? 1u : 0;
            if (Flag(e, lane, control))
            {
                borrow |= T.IsZero(difference) ? 1u : 0;
                difference -= T.One;
            }

            Lanes.Store(d, lane, difference);
            borrows |= borrow << lane;
        }

        Publish(e, control, borrows);
    }

    /// <summary>d = a half of a · b, + c (+ flag), 32 bits.</summary>
    public static void MultiplyAdd32(void* d, void* a, void* b, void* c, void* e, int control)
    {
        uint carries = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint x = ((uint*)a)[lane];
            uint y = ((uint*)b)[lane];
            ulong product = (control & Signed) != 0 ? (ulong)((long)(int)x * (int)y) : (ulong)x * y;
            uint part = (uint)(product >> ((control & High) != 0 ? 32 : 0));
            ((uint*)d)[lane] = Sum(part, ((uint*)c)[lane], Flag(e, lane, control), out uint carry);
            carries |= carry << lane;
        }

        Publish(e, control, carries);
    }

    /// <summary>d = a half of a · b, + c (+ flag), 64 bits.</summary>
    public static void MultiplyAdd64(void* d, void* a, void* b, void* c, void* e, int control)
    {
        uint carries = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            ulong x = ((ulong*)a)[lane];
            ulong y = ((ulong*)b)[lane];
            ulong high = (control & Signed) != 0 ? (ulong)Math.BigMul((long)x, (long)y, out long _) : Math.BigMul(x, y, out _);
            ulong part = (control & High) != 0 ? high : x * y;
            ((ulong*)d)[lane] = Sum(part, ((ulong*)c)[lane], Flag(e, lane, control), out uint carry);
            carries |= carry << lane;
        }

        Publish(e, control, carries);
    }

    private static T Sum<T>(T a, T b, bool flag, out uint carry)
        where T : IBinaryInteger<T>
    {
        T sum = a + b;
        carry = sum < a ? 1u : 0;
        if (flag)
        {
            sum += T.One;
            carry |= T.IsZero(sum) ? 1u : 0;
        }

        return sum;
    }

    private static bool Flag(void* e, int lane, int control) => (control & In) != 0 && (*(uint*)e >> lane & 1) != 0;

    private static void Publish(void* e, int control, uint flags)
    {
        if ((control & Out) != 0)
        {
            *(uint*)e = flags;
        }
    }
}
