using System.Runtime.CompilerServices;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>One operand in, one result out.</summary>
internal interface IUnary<TA, TResult>
{
    /// <summary>The result of one lane.</summary>
    static abstract TResult Invoke(TA a);
}

/// <summary>Two operands in, one result out.</summary>
internal interface IBinary<TA, TB, TResult>
{
    /// <summary>The result of one lane.</summary>
    static abstract TResult Invoke(TA a, TB b);
}

/// <summary>Three operands in, one result out.</summary>
internal interface ITernary<TA, TB, TC, TResult>
{
    /// <summary>The result of one lane.</summary>
    static abstract TResult Invoke(TA a, TB b, TC c);
}

/// <summary>Runs scalar operations over the 32 lanes of a warp, in the shape of <see cref="LaneOperation.Function"/>.</summary>
internal static unsafe class Lanes
{
    /// <summary>Threads of a warp.</summary>
    public const int Count = 32;

    /// <summary>A lane's value, from the low bytes of its slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(void* slots, int lane)
        where T : unmanaged => sizeof(T) == 8 ? ((T*)slots)[lane] : *(T*)((uint*)slots + lane);

    /// <summary>Sets a lane's slot; narrow values are extended by zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(void* slots, int lane, T value)
        where T : unmanaged
    {
        if (sizeof(T) >= 4)
        {
            ((T*)slots)[lane] = value;
        }
        else
        {
            ((uint*)slots)[lane] = sizeof(T) == 2 ? Unsafe.BitCast<T, ushort>(value) : Unsafe.BitCast<T, byte>(value);
        }
    }

    /// <summary>d = op(a).</summary>
    public static void Unary<TA, TResult, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where TA : unmanaged
        where TResult : unmanaged
        where TOp : struct, IUnary<TA, TResult>
    {
        for (int lane = 0; lane < Count; lane++)
        {
            Store(d, lane, TOp.Invoke(Load<TA>(a, lane)));
        }
    }

    /// <summary>d = op(a, b).</summary>
    public static void Binary<TA, TB, TResult, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where TA : unmanaged
        where TB : unmanaged
        where TResult : unmanaged
        where TOp : struct, IBinary<TA, TB, TResult>
    {
        for (int lane = 0; lane < Count; lane++)
        {
            Store(d, lane, TOp.Invoke(Load<TA>(a, lane), Load<TB>(b, lane)));
        }
    }

    /// <summary>d = op(a, b, c).</summary>
    public static void Ternary<TA, TB, TC, TResult, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where TA : unmanaged
        where TB : unmanaged
        where TC : unmanaged
        where TResult : unmanaged
        where TOp : struct, ITernary<TA, TB, TC, TResult>
    {
        for (int lane = 0; lane < Count; lane++)
        {
            Store(d, lane, TOp.Invoke(Load<TA>(a, lane), Load<TB>(b, lane), Load<TC>(c, lane)));
        }
    }
}
