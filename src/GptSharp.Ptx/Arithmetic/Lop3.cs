using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// <c>lop3</c>: any function of three bits, given as a table: bit (a·4 + b·2 + c) of the table is the result. The table is an
/// immediate, so lane 0 of e speaks for all.
/// </summary>
internal static unsafe class Lop3
{
    /// <summary>d = table e of (a, b, c).</summary>
    public static void Invoke(void* d, void* a, void* b, void* c, void* e, int control)
    {
        uint table = *(uint*)e;
        for (int half = 0; half < Lanes.Count; half += 16)
        {
            Vector512<uint> x = Vector512.Load((uint*)a + half);
            Vector512<uint> y = Vector512.Load((uint*)b + half);
            Vector512<uint> z = Vector512.Load((uint*)c + half);
            Vector512<uint> low = Choose(y, Choose(z, Entry(table, 0), Entry(table, 1)), Choose(z, Entry(table, 2), Entry(table, 3)));
            Vector512<uint> high = Choose(y, Choose(z, Entry(table, 4), Entry(table, 5)), Choose(z, Entry(table, 6), Entry(table, 7)));
            Choose(x, low, high).Store((uint*)d + half);
        }
    }

    private static Vector512<uint> Entry(uint table, int index) => Vector512.Create(0u - (table >> index & 1));

    private static Vector512<uint> Choose(Vector512<uint> bit, Vector512<uint> zero, Vector512<uint> one) => (bit & one) | Vector512.AndNot(zero, bit);
}
