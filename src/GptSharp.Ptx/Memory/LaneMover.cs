using System.Runtime.CompilerServices;

namespace GptSharp.Ptx.Memory;

/// <summary>Moves values between registers, which hold one element of 32 lanes each, and memory, which holds lane after lane.</summary>
internal static unsafe class LaneMover
{
    /// <summary>Fills the registers of consecutive lanes from consecutive memory.</summary>
    public static void Load(MemoryInstruction op, byte* registers, int lane, int lanes, byte* memory)
    {
        int[] targets = op.Registers;
        if (targets.Length == 1 && op.ElementBytes == op.RegisterBytes)
        {
            Unsafe.CopyBlockUnaligned(registers + targets[0] + (lane * op.RegisterBytes), memory, (uint)(lanes * op.ElementBytes));
            return;
        }

        int stride = op.LaneBytes;
        if (lanes == 32 && op.ElementBytes == 4 && op.RegisterBytes == 4 && WordTransposer.TryLoad(targets, registers, memory))
        {
            return;
        }

        for (int element = 0; element < targets.Length; element++)
        {
            if (targets[element] >= 0)
            {
                Gather(op, registers + targets[element] + (lane * op.RegisterBytes), lanes, memory + (element * op.ElementBytes), stride);
            }
        }
    }

    /// <summary>Gives every active lane the same memory.</summary>
    public static void Broadcast(MemoryInstruction op, byte* registers, uint mask, byte* memory)
    {
        for (int element = 0; element < op.Registers.Length; element++)
        {
            if (op.Registers[element] < 0)
            {
                continue;
            }

            ulong value = Widen(op, memory + (element * op.ElementBytes));
            byte* target = registers + op.Registers[element];
            if (mask == uint.MaxValue && op.RegisterBytes == sizeof(uint))
            {
                new Span<uint>(target, 32).Fill((uint)value);
                continue;
            }

            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                SetLane(op, target, int.TrailingZeroCount((int)rest), value);
            }
        }
    }

    /// <summary>Packs the values of consecutive lanes as memory holds them.</summary>
    /// <returns>Where they lie: in the registers themselves when these are packed already, else in <paramref name="scratch"/>.</returns>
    public static byte* Pack(MemoryInstruction op, byte* registers, int lane, int lanes, byte* scratch)
    {
        int[] sources = op.Registers;
        if (sources.Length == 1 && op.ElementBytes == op.RegisterBytes)
        {
            return registers + sources[0] + (lane * op.RegisterBytes);
        }

        int stride = op.LaneBytes;
        if (lanes == 32 && op.ElementBytes == 4 && op.RegisterBytes == 4 && WordTransposer.TryStore(sources, registers, scratch))
        {
            return scratch;
        }

        for (int element = 0; element < sources.Length; element++)
        {
            Scatter(op, registers + sources[element] + (lane * op.RegisterBytes), lanes, scratch + (element * op.ElementBytes), stride);
        }

        return scratch;
    }

    /// <summary>Zero for a lane whose load was refused.</summary>
    public static void Clear(MemoryInstruction op, byte* registers, int lane)
    {
        foreach (int target in op.Registers)
        {
            if (target >= 0)
            {
                SetLane(op, registers + target, lane, 0);
            }
        }
    }

    private static void Gather(MemoryInstruction op, byte* target, int lanes, byte* memory, int stride)
    {
        if (op.RegisterBytes == sizeof(uint))
        {
            var to = (uint*)target;
            switch (op.ElementBytes)
            {
                case 4:
                    for (int lane = 0; lane < lanes; lane++)
                    {
                        to[lane] = Unsafe.ReadUnaligned<uint>(memory + (lane * stride));
                    }

                    return;
                case 2 when !op.IsSigned:
                    for (int lane = 0; lane < lanes; lane++)
                    {
                        to[lane] = Unsafe.ReadUnaligned<ushort>(memory + (lane * stride));
                    }

                    return;
            }
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            SetLane(op, target, lane, Widen(op, memory + (lane * stride)));
        }
    }

    private static void Scatter(MemoryInstruction op, byte* source, int lanes, byte* memory, int stride)
    {
        if (op.RegisterBytes == sizeof(uint) && op.ElementBytes == sizeof(uint))
        {
            var from = (uint*)source;
            for (int lane = 0; lane < lanes; lane++)
            {
                Unsafe.WriteUnaligned(memory + (lane * stride), from[lane]);
            }

            return;
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            // Little-endian: the low bytes of the register are the element.
            Unsafe.CopyBlockUnaligned(memory + (lane * stride), source + (lane * op.RegisterBytes), (uint)op.ElementBytes);
        }
    }

    private static ulong Widen(MemoryInstruction op, byte* memory) => (op.ElementBytes, op.IsSigned) switch
    {
        (1, false) => *memory,
        (1, true) => (ulong)*(sbyte*)memory,
        (2, false) => Unsafe.ReadUnaligned<ushort>(memory),
        (2, true) => (ulong)Unsafe.ReadUnaligned<short>(memory),
        (4, false) => Unsafe.ReadUnaligned<uint>(memory),
        (4, true) => (ulong)Unsafe.ReadUnaligned<int>(memory),
        _ => Unsafe.ReadUnaligned<ulong>(memory),
    };

    private static void SetLane(MemoryInstruction op, byte* register, int lane, ulong value)
    {
        if (op.RegisterBytes == sizeof(uint))
        {
            ((uint*)register)[lane] = (uint)value;
        }
        else
        {
            ((ulong*)register)[lane] = value;
        }
    }
}
