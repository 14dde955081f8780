using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>Conversions of a whole warp: any, lane by lane, and the frequent ones as vectors.</summary>
internal static unsafe class ConversionLanes
{
    /// <summary>d = cvt(a), the conversion packed into the control argument.</summary>
    public static void Any(void* d, void* a, void* b, void* c, void* e, int control)
    {
        Conversion conversion = Conversion.Unpack(control);
        bool wideSource = conversion.Source.Bits() == 64;
        bool wideDestination = conversion.Destination.Bits() == 64;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            ulong result = conversion.Convert(wideSource ? ((ulong*)a)[lane] : ((uint*)a)[lane]);
            if (wideDestination)
            {
                ((ulong*)d)[lane] = result;
            }
            else
            {
                ((uint*)d)[lane] = (uint)result;
            }
        }
    }

    /// <summary>d = pair(a high, b low) of the 16-bit type that the packed conversion from single names.</summary>
    public static void AnyPair(void* d, void* a, void* b, void* c, void* e, int control)
    {
        Conversion conversion = Conversion.Unpack(control);
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint high = (uint)conversion.Convert(((uint*)a)[lane]);
            ((uint*)d)[lane] = (high << 16) | (uint)conversion.Convert(((uint*)b)[lane]);
        }
    }

    /// <summary>d = the 16-bit floats nearest to singles.</summary>
    public static void Narrow<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        TFormat.Narrow(Vector512.Load((float*)a)).Store((uint*)d);
        TFormat.Narrow(Vector512.Load((float*)a + 16)).Store((uint*)d + 16);
    }

    /// <summary>d = the 16-bit floats nearest to singles, a in the high half and b in the low half.</summary>
    public static void NarrowPair<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            Vector512<uint> high = TFormat.Narrow(Vector512.Load((float*)a + lane));
            (Vector512.ShiftLeft(high, 16) | TFormat.Narrow(Vector512.Load((float*)b + lane))).Store((uint*)d + lane);
        }
    }

    /// <summary>d = the singles equal to 16-bit floats; NaN becomes the one NaN.</summary>
    public static void Widen<TFormat>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            SingleRules.Canonical(TFormat.Widen(Vector512.Load((uint*)a + lane) & Vector512.Create(0xffffu))).Store((float*)d + lane);
        }
    }

    /// <summary>32 bits to 64, by zeros.</summary>
    public static void ExtendUnsigned(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<ulong> low, Vector512<ulong> high) = Vector512.Widen(Vector512.Load((uint*)a + lane));
            low.Store((ulong*)d + lane);
            high.Store((ulong*)d + lane + 8);
        }
    }

    /// <summary>32 bits to 64, by the sign.</summary>
    public static void ExtendSigned(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<long> low, Vector512<long> high) = Vector512.Widen(Vector512.Load((int*)a + lane));
            low.Store((long*)d + lane);
            high.Store((long*)d + lane + 8);
        }
    }

    /// <summary>The low 32 bits of 64.</summary>
    public static void Truncate(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            Vector512.Narrow(Vector512.Load((ulong*)a + lane), Vector512.Load((ulong*)a + lane + 8)).Store((uint*)d + lane);
        }
    }

    /// <summary>The singles nearest to doubles.</summary>
    public static void DoubleToSingle(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            SingleRules.Canonical(Vector512.Narrow(Vector512.Load((double*)a + lane), Vector512.Load((double*)a + lane + 8))).Store((float*)d + lane);
        }
    }

    /// <summary>The doubles equal to singles.</summary>
    public static void SingleToDouble(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Load((float*)a + lane));
            low.Store((double*)d + lane);
            high.Store((double*)d + lane + 8);
        }
    }

    /// <summary>The singles nearest to signed integers.</summary>
    internal readonly struct FromSigned : IUnary<int, float>
    {
        /// <inheritdoc/>
        public static float Invoke(int a) => a;
    }

    /// <summary>The singles nearest to unsigned integers.</summary>
    internal readonly struct FromUnsigned : IUnary<uint, float>
    {
        /// <inheritdoc/>
        public static float Invoke(uint a) => a;
    }

    /// <summary>The doubles equal to signed integers.</summary>
    internal readonly struct DoubleFromSigned : IUnary<int, double>
    {
        /// <inheritdoc/>
        public static double Invoke(int a) => a;
    }

    /// <summary>Toward zero and into the range; NaN gives 0.</summary>
    internal readonly struct ToSigned : IUnary<float, int>
    {
        /// <inheritdoc/>
        public static int Invoke(float a) =>
            float.IsNaN(a) ? 0 : a >= 2147483648f ? int.MaxValue : a <= -2147483648f ? int.MinValue : (int)a;
    }

    /// <summary>Toward zero and into the range; NaN gives 0.</summary>
    internal readonly struct ToUnsigned : IUnary<float, uint>
    {
        /// <inheritdoc/>
        public static uint Invoke(float a) => !(a > 0) ? 0 : a >= 4294967296f ? uint.MaxValue : (uint)a;
    }

    /// <summary>The low half, extended by zeros.</summary>
    internal readonly struct LowHalf : IVectorUnary<uint>
    {
        /// <inheritdoc/>
        public static Vector256<uint> Invoke(Vector256<uint> a) => a & Vector256.Create(0xffffu);

        /// <inheritdoc/>
        public static Vector512<uint> Invoke(Vector512<uint> a) => a & Vector512.Create(0xffffu);
    }

    /// <summary>The low half, extended by its sign.</summary>
    internal readonly struct SignedLowHalf : IVectorUnary<int>
    {
        /// <inheritdoc/>
        public static Vector256<int> Invoke(Vector256<int> a) => Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(a, 16), 16);

        /// <inheritdoc/>
        public static Vector512<int> Invoke(Vector512<int> a) => Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(a, 16), 16);
    }

    /// <summary>The same bits.</summary>
    internal readonly struct Same : IVectorUnary<uint>
    {
        /// <inheritdoc/>
        public static Vector256<uint> Invoke(Vector256<uint> a) => a;

        /// <inheritdoc/>
        public static Vector512<uint> Invoke(Vector512<uint> a) => a;
    }
}
