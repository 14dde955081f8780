using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Ptx.Arithmetic;

/// <summary><c>mul.wide</c> and <c>mad.wide</c> of 32 bits: what address computations consist of.</summary>
internal static unsafe class WideProducts
{
    /// <summary>d = a · b, unsigned.</summary>
    public static void Unsigned(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<ulong> aLow, Vector512<ulong> aHigh) = Vector512.Widen(Vector512.Load((uint*)a + lane));
            (Vector512<ulong> bLow, Vector512<ulong> bHigh) = Vector512.Widen(Vector512.Load((uint*)b + lane));
            Product(aLow, bLow).Store((ulong*)d + lane);
            Product(aHigh, bHigh).Store((ulong*)d + lane + 8);
        }
    }

    /// <summary>d = a · b, signed.</summary>
    public static void Signed(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<long> aLow, Vector512<long> aHigh) = Vector512.Widen(Vector512.Load((int*)a + lane));
            (Vector512<long> bLow, Vector512<long> bHigh) = Vector512.Widen(Vector512.Load((int*)b + lane));
            Product(aLow, bLow).Store((long*)d + lane);
            Product(aHigh, bHigh).Store((long*)d + lane + 8);
        }
    }

    /// <summary>d = a · b + c, unsigned.</summary>
    public static void UnsignedAdd(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<ulong> aLow, Vector512<ulong> aHigh) = Vector512.Widen(Vector512.Load((uint*)a + lane));
            (Vector512<ulong> bLow, Vector512<ulong> bHigh) = Vector512.Widen(Vector512.Load((uint*)b + lane));
            (Product(aLow, bLow) + Vector512.Load((ulong*)c + lane)).Store((ulong*)d + lane);
            (Product(aHigh, bHigh) + Vector512.Load((ulong*)c + lane + 8)).Store((ulong*)d + lane + 8);
        }
    }

    /// <summary>d = a · b + c, signed.</summary>
    public static void SignedAdd(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<long> aLow, Vector512<long> aHigh) = Vector512.Widen(Vector512.Load((int*)a + lane));
            (Vector512<long> bLow, Vector512<long> bHigh) = Vector512.Widen(Vector512.Load((int*)b + lane));
            (Product(aLow, bLow) + Vector512.Load((long*)c + lane)).Store((long*)d + lane);
            (Product(aHigh, bHigh) + Vector512.Load((long*)c + lane + 8)).Store((long*)d + lane + 8);
        }
    }

    // The factors fit into 32 bits, for which there is a cheaper instruction than the product of 64.
    private static Vector512<ulong> Product(Vector512<ulong> a, Vector512<ulong> b) =>
        Avx512F.IsSupported ? Avx512F.Multiply(a.AsUInt32(), b.AsUInt32()) : a * b;

    private static Vector512<long> Product(Vector512<long> a, Vector512<long> b) =>
        Avx512F.IsSupported ? Avx512F.Multiply(a.AsInt32(), b.AsInt32()) : a * b;
}
