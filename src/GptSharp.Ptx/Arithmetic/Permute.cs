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
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint selector = ((uint*)c)[lane];
            if (control != 0)
            {
                selector = Selectors[control][selector & 3];
            }

            ulong bytes = ((ulong)((uint*)b)[lane] << 32) | ((uint*)a)[lane];
            uint result = 0;
            for (int place = 0; place < 4; place++)
            {
                uint pick = selector >> (4 * place);
                uint value = (byte)(bytes >> (int)(8 * (pick & 7)));
                if ((pick & 8) != 0)
                {
                    // The sign of the byte instead of the byte; only the general form's selectors have this bit.
                    value = (value & 0x80) != 0 ? 0xffu : 0;
                }

                result |= value << (8 * place);
            }

            ((uint*)d)[lane] = result;
        }
    }
}
