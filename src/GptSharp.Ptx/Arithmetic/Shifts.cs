using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// <c>shl</c> and <c>shr</c>: the amount is an unsigned 32-bit number; from the width on, all bits leave, and a signed number's
/// sign fills the place. AVX's variable shifts do just that.
/// </summary>
internal static unsafe class Shifts
{
    /// <summary>32 bits to the left.</summary>
    public static void Left32(void* d, void* a, void* b, void* c, void* e, int control)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ShiftLeftLogicalVariable(Vector512.Load((uint*)a), Vector512.Load((uint*)b)).Store((uint*)d);
            Avx512F.ShiftLeftLogicalVariable(Vector512.Load((uint*)a + 16), Vector512.Load((uint*)b + 16)).Store((uint*)d + 16);
        }
        else if (Avx2.IsSupported)
        {
            for (int lane = 0; lane < Lanes.Count; lane += 8)
            {
                Avx2.ShiftLeftLogicalVariable(Vector256.Load((uint*)a + lane), Vector256.Load((uint*)b + lane)).Store((uint*)d + lane);
            }
        }
        else
        {
            Lanes.Binary<uint, uint, uint, Left<uint>>(d, a, b, c, e, control);
        }
    }

    /// <summary>32 bits to the right, zeros from the left.</summary>
    public static void Right32(void* d, void* a, void* b, void* c, void* e, int control)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ShiftRightLogicalVariable(Vector512.Load((uint*)a), Vector512.Load((uint*)b)).Store((uint*)d);
            Avx512F.ShiftRightLogicalVariable(Vector512.Load((uint*)a + 16), Vector512.Load((uint*)b + 16)).Store((uint*)d + 16);
        }
        else if (Avx2.IsSupported)
        {
            for (int lane = 0; lane < Lanes.Count; lane += 8)
            {
                Avx2.ShiftRightLogicalVariable(Vector256.Load((uint*)a + lane), Vector256.Load((uint*)b + lane)).Store((uint*)d + lane);
            }
        }
        else
        {
            Lanes.Binary<uint, uint, uint, Right<uint>>(d, a, b, c, e, control);
        }
    }

    /// <summary>32 bits to the right, the sign from the left.</summary>
    public static void RightSigned32(void* d, void* a, void* b, void* c, void* e, int control)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ShiftRightArithmeticVariable(Vector512.Load((int*)a), Vector512.Load((uint*)b)).Store((int*)d);
            Avx512F.ShiftRightArithmeticVariable(Vector512.Load((int*)a + 16), Vector512.Load((uint*)b + 16)).Store((int*)d + 16);
        }
        else if (Avx2.IsSupported)
        {
            for (int lane = 0; lane < Lanes.Count; lane += 8)
            {
                Avx2.ShiftRightArithmeticVariable(Vector256.Load((int*)a + lane), Vector256.Load((uint*)b + lane)).Store((int*)d + lane);
            }
        }
        else
        {
            Lanes.Binary<int, uint, int, Right<int>>(d, a, b, c, e, control);
        }
    }

    /// <summary>To the left, any width.</summary>
    internal readonly struct Left<T> : IBinary<T, uint, T>
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        /// <inheritdoc/>
        public static T Invoke(T a, uint b) => b >= (uint)(sizeof(T) * 8) ? T.Zero : a << (int)b;
    }

    /// <summary>To the right, any width; the sign of a signed type fills.</summary>
    internal readonly struct Right<T> : IBinary<T, uint, T>
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        /// <inheritdoc/>
        public static T Invoke(T a, uint b) => b >= (uint)(sizeof(T) * 8) ? (T.IsNegative(a) ? -T.One : T.Zero) : a >> (int)b;
    }
}
