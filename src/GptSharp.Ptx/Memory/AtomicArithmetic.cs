using System.Runtime.CompilerServices;

namespace GptSharp.Ptx.Memory;

/// <summary>The arithmetic of <c>atom</c> and <c>red</c>: one lane's read, change and write, safe against other workers.</summary>
internal static unsafe class AtomicArithmetic
{
    /// <summary>Executes one lane's operation.</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="registers">The warp's registers.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="element">Element of a vector operation.</param>
    /// <param name="memory">The cell.</param>
    /// <param name="isGlobal">Whether it lies in global memory, where atomic additions of floats flush subnormals.</param>
    public static void Execute(MemoryInstruction op, byte* registers, int lane, int element, byte* memory, bool isGlobal)
    {
        ulong operand = Register(op, registers, op.Registers[element], lane);
        ulong second = op.SecondSource < 0 ? 0 : Register(op, registers, op.SecondSource, lane);
        ulong old = op.ElementBytes switch
        {
            8 => Change64(op, ref *(long*)memory, operand, second, isGlobal),
            4 => Change32(op, ref *(int*)memory, operand, second, isGlobal),
            _ => Change16(op, memory, operand, second),
        };
        if (op.OldValue >= 0)
        {
            byte* target = registers + op.OldValue + (element * op.RegisterBytes * 32);
            if (op.RegisterBytes == sizeof(ulong))
            {
                ((ulong*)target)[lane] = old;
            }
            else
            {
                ((uint*)target)[lane] = (uint)old;
            }
        }
    }

    private static ulong Register(MemoryInstruction op, byte* registers, int register, int lane) => op.RegisterBytes == sizeof(ulong)
        ? ((ulong*)(registers + register))[lane]
        : ((uint*)(registers + register))[lane];

    private static ulong Change64(MemoryInstruction op, ref long cell, ulong operand, ulong second, bool isGlobal)
    {
        while (true)
        {
            long old = Volatile.Read(ref cell);
            var changed = (long)Apply(op, (ulong)old, operand, second, isGlobal);
            if (Interlocked.CompareExchange(ref cell, changed, old) == old)
            {
                return (ulong)old;
            }
        }
    }

    private static ulong Change32(MemoryInstruction op, ref int cell, ulong operand, ulong second, bool isGlobal)
    {
        while (true)
        {
            int old = Volatile.Read(ref cell);
            var changed = (int)(uint)Apply(op, (uint)old, (uint)operand, (uint)second, isGlobal);
            if (Interlocked.CompareExchange(ref cell, changed, old) == old)
            {
                return (uint)old;
            }
        }
    }

    private static ulong Change16(MemoryInstruction op, byte* memory, ulong operand, ulong second)
    {
        ref ushort cell = ref Unsafe.AsRef<ushort>(memory);
        while (true)
        {
            ushort old = Volatile.Read(ref cell);
            var changed = (ushort)Apply(op, old, (ushort)operand, (ushort)second, true);
            if (Interlocked.CompareExchange(ref cell, changed, old) == old)
            {
                return old;
            }
        }
    }

    private static ulong Apply(MemoryInstruction op, ulong old, ulong operand, ulong second, bool isGlobal) => op.Atomic switch
    {
        AtomicOperation.Add => Add(op.AtomicType, old, operand, isGlobal),
        AtomicOperation.Min or AtomicOperation.Max => Select(op.AtomicType, op.Atomic == AtomicOperation.Max, old, operand),
        AtomicOperation.And => old & operand,
        AtomicOperation.Or => old | operand,
        AtomicOperation.Xor => old ^ operand,
        AtomicOperation.Inc => old >= operand ? 0 : old + 1,
        AtomicOperation.Dec => old == 0 || old > operand ? operand : old - 1,
        AtomicOperation.Exchange => operand,
        AtomicOperation.CompareAndSwap => old == operand ? second : old,
        _ => throw new InvalidOperationException($"No atomic operation {op.Atomic}."),
    };

    private static ulong Add(AtomicType type, ulong a, ulong b, bool isGlobal) => type switch
    {
        AtomicType.F32 => BitConverter.SingleToUInt32Bits(isGlobal
            ? Flush(Flush(Single(a)) + Flush(Single(b)))
            : Single(a) + Single(b)),
        AtomicType.F64 => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(a) + BitConverter.UInt64BitsToDouble(b)),
        AtomicType.F16 => Half16(a, b),
        AtomicType.F16x2 => Half16(a, b) | (Half16(a >> 16, b >> 16) << 16),
        AtomicType.BF16 => Brain16(a, b),
        AtomicType.BF16x2 => Brain16(a, b) | (Brain16(a >> 16, b >> 16) << 16),
        _ => a + b,
    };

    private static ulong Select(AtomicType type, bool larger, ulong a, ulong b) => type switch
    {
        AtomicType.S32 => (int)a > (int)b == larger ? a : b,
        AtomicType.S64 => (long)a > (long)b == larger ? a : b,
        AtomicType.U32 => (uint)a > (uint)b == larger ? a : b,
        AtomicType.U64 => a > b == larger ? a : b,
        AtomicType.F16 => SelectHalf(a, b, larger),
        AtomicType.F16x2 => SelectHalf(a, b, larger) | (SelectHalf(a >> 16, b >> 16, larger) << 16),
        AtomicType.BF16 => SelectBrain(a, b, larger),
        AtomicType.BF16x2 => SelectBrain(a, b, larger) | (SelectBrain(a >> 16, b >> 16, larger) << 16),
        AtomicType.F32 => SelectSingle(a, b, larger),
        _ => throw new InvalidOperationException($"No minimum or maximum of {type}."),
    };

    // Sums of two 16-bit floats are exact in binary64, so one rounding remains.
    private static ulong Half16(ulong a, ulong b) =>
        BitConverter.HalfToUInt16Bits((Half)((double)BitConverter.UInt16BitsToHalf((ushort)a) + (double)BitConverter.UInt16BitsToHalf((ushort)b)));

    private static ulong Brain16(ulong a, ulong b)
    {
        double sum = (double)Single((ulong)(ushort)a << 16) + Single((ulong)(ushort)b << 16);
        if (double.IsNaN(sum))
        {
            return 0x7fff;
        }

        // Rounding to odd at 32 bits keeps the second rounding, to nearest even at 16 bits, right.
        var near = (float)sum;
        uint bits = BitConverter.SingleToUInt32Bits(near);
        if (near != sum && float.IsFinite(near))
        {
            if (Math.Abs((double)near) > Math.Abs(sum))
            {
                bits--;
            }

            bits |= 1;
        }

        return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }

    private static ulong SelectHalf(ulong a, ulong b, bool larger)
    {
        Half x = BitConverter.UInt16BitsToHalf((ushort)a);
        Half y = BitConverter.UInt16BitsToHalf((ushort)b);
        return Half.IsNaN(x) && Half.IsNaN(y) ? 0x7ffful
            : BitConverter.HalfToUInt16Bits(larger ? Half.MaxNumber(x, y) : Half.MinNumber(x, y));
    }

    private static ulong SelectBrain(ulong a, ulong b, bool larger) =>
        SelectSingle((ulong)(ushort)a << 16, (ulong)(ushort)b << 16, larger) >> 16;

    private static ulong SelectSingle(ulong a, ulong b, bool larger)
    {
        (float x, float y) = (Single(a), Single(b));
        return float.IsNaN(x) && float.IsNaN(y) ? 0x7fff_fffful
            : BitConverter.SingleToUInt32Bits(larger ? float.MaxNumber(x, y) : float.MinNumber(x, y));
    }

    private static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;
}
