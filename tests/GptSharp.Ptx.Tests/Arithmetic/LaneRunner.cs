using GptSharp.Ptx.Arithmetic;
using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>Runs a bound form on arrays of operands, 32 at a time.</summary>
internal static unsafe class LaneRunner
{
    /// <summary>The results' bits of <c>opcode.modifiers</c> on sources of equal length; a comparison gives 0 and 1.</summary>
    public static ulong[] Run(string form, params ulong[][] sources) => Run(form, perturb: false, sources);

    /// <inheritdoc cref="Run(string, ulong[][])"/>
    public static ulong[] Run(string form, bool perturb, params ulong[][] sources)
    {
        LaneOperation operation = Bind(form, perturb);
        NumberType[] types = [operation.A, operation.B, operation.C, operation.E];
        int count = sources[0].Length;
        var results = new ulong[count];
        ulong* d = stackalloc ulong[32];
        ulong* slots = stackalloc ulong[4 * 32];
        for (int first = 0; first < count; first += 32)
        {
            int lanes = Math.Min(32, count - first);
            for (int source = 0; source < sources.Length; source++)
            {
                for (int lane = 0; lane < 32; lane++)
                {
                    Write(slots + (32 * source), lane, types[source], lane < lanes ? sources[source][first + lane] : 1);
                }
            }

            operation.Function(d, slots, slots + 32, slots + 64, slots + 96, operation.Control);
            for (int lane = 0; lane < lanes; lane++)
            {
                results[first + lane] = Read(d, lane, operation.Destination);
            }
        }

        return results;
    }

    /// <summary>The bound form; the test fails if there is none.</summary>
    public static LaneOperation Bind(string form, bool perturb = false)
    {
        string[] parts = form.Split('.');
        Assert.True(ArithmeticBinding.TryBind(parts[0], parts[1..], new ArithmeticOptions(perturb), out LaneOperation operation), $"{form} is not bound.");
        return operation;
    }

    private static void Write(ulong* slots, int lane, NumberType type, ulong value)
    {
        if (type == NumberType.Predicate)
        {
            uint* mask = (uint*)slots;
            *mask = (*mask & ~(1u << lane)) | ((uint)(value & 1) << lane);
        }
        else if (type.Bits() == 64)
        {
            slots[lane] = value;
        }
        else
        {
            // Rubbish above a narrow value: nobody may look at it.
            uint upper = type.Bits() == 16 ? 0xa5a5_0000 : type.Bits() == 8 ? 0xa5a5_a500 : 0;
            ((uint*)slots)[lane] = (uint)value & (uint)((1ul << type.Bits()) - 1) | upper;
        }
    }

    private static ulong Read(ulong* slots, int lane, NumberType type) => type.Bits() switch
    {
        1 => *(uint*)slots >> lane & 1,
        64 => slots[lane],
        32 => ((uint*)slots)[lane],
        _ => ((uint*)slots)[lane] & ((1ul << type.Bits()) - 1),
    };
}
