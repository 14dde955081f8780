using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary><c>prmt</c>: four bytes picked from the eight of b:a (a holds bytes 0 to 3).</summary>
internal static unsafe class Permute
{
    /// <summary>Every mode in the order of <see cref="ModeOf"/>'s result; index 0 is the general form.</summary>
    private static readonly string[] ModeNames = ["", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16"];

    /// <summary>Selectors of the named modes: four bytes each, lowest first, by mode and by the two low bits of c.</summary>
    private static readonly uint[][] Selectors =
    [
        [],
        [0x3210, 0x4321, 0x5432, 0x6543],
        [0x5670, 0x6701, 0x7012, 0x0123],
        [0x0000, 0x1111, 0x2222, 0x3333],
        [0x3210, 0x3211, 0x3222, 0x3333],
        [0x0000, 0x1110, 0x2210, 0x3210],
        [0x1010, 0x3232, 0x1010, 0x3232],
    ];

    /// <summary>The number of a mode; −1 when there is none of that name.</summary>
    public static int ModeOf(string name) => Array.IndexOf(ModeNames, name);

    /// <summary>d = prmt(a, b, c) in the mode that the control argument names.</summary>
    public static void Invoke(void* d, void* a, void* b, void* c, void* e, int control)
    {
        uint* selectors = (uint*)c;
        Vector512<uint> first = Vector512.Create(selectors[0]);
        bool uniform = ((Vector512.Load(selectors) ^ first) | (Vector512.Load(selectors + 16) ^ first)) == Vector512<uint>.Zero;
        if (uniform)
        {
            Uniform((uint*)d, (uint*)a, (uint*)b, Selector(selectors[0], control));
            return;
        }

        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint selector = Selector(selectors[lane], control);
            ulong bytes = ((ulong)((uint*)b)[lane] << 32) | ((uint*)a)[lane];
            uint result = 0;
            for (int place = 0; place < 4; place++)
            {
                uint pick = selector >> (4 * place);
                uint value = (byte)(bytes >> (int)(8 * (pick & 7)));
                if ((pick & 8) != 0)
                {
                    value = (value & 0x80) != 0 ? 0xffu : 0;
                }

                result |= value << (8 * place);
            }

            ((uint*)d)[lane] = result;
        }
    }

    private static uint Selector(uint c, int mode) => mode == 0 ? c : Selectors[mode][c & 3];

    // Nearly always the selector is a literal: each place shifts its byte down from a or b, and up to where it goes.
    private static void Uniform(uint* d, uint* a, uint* b, uint selector)
    {
        for (int half = 0; half < Lanes.Count; half += 16)
        {
            Vector512<uint> low = Vector512.Load(a + half);
            Vector512<uint> high = Vector512.Load(b + half);
            Vector512<uint> result = Vector512<uint>.Zero;
            for (int place = 0; place < 4; place++)
            {
                int pick = (int)(selector >> (4 * place));
                Vector512<uint> value = Vector512.ShiftLeft((pick & 4) != 0 ? high : low, 8 * (3 - (pick & 3)));

                // Bit 3 asks for the sign of the byte instead of the byte; only the general form's selectors have it.
                value = (pick & 8) != 0 ? Vector512.ShiftRightArithmetic(value.AsInt32(), 31).AsUInt32() : value;
                result |= Vector512.ShiftLeft(Vector512.ShiftRightLogical(value, 24), 8 * place);
            }

            result.Store(d + half);
        }
    }
}
