using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Ptx.Memory;

/// <summary>
/// Vectors of 2 or 4 words of all 32 lanes between memory, where a lane's words lie together, and registers, where a word's lanes do.
/// </summary>
internal static unsafe class WordTransposer
{
    private const int RegisterBytes = 128;

    /// <summary>Fills registers from memory; false when this form has no fast way.</summary>
    /// <param name="targets">Offsets of the registers.</param>
    /// <param name="registers">The warp's register file.</param>
    /// <param name="memory">The words of lane 0, then those of lane 1, and so on.</param>
    public static bool TryLoad(int[] targets, byte* registers, byte* memory)
    {
        if (!Avx512F.IsSupported || targets.Length is not 2 and not 4 || targets.AsSpan().ContainsAnyInRange(int.MinValue, -1))
        {
            return false;
        }

        var even = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        Vector512<int> odd = even + Vector512<int>.One;
        if (targets.Length == 2)
        {
            for (int half = 0; half < 2; half++)
            {
                Vector512<int> a = Vector512.Load((int*)(memory + (half * RegisterBytes)));
                Vector512<int> b = Vector512.Load((int*)(memory + (half * RegisterBytes) + 64));
                Avx512F.PermuteVar16x32x2(a, even, b).Store((int*)(registers + targets[0] + (half * 64)));
                Avx512F.PermuteVar16x32x2(a, odd, b).Store((int*)(registers + targets[1] + (half * 64)));
            }

            return true;
        }

        for (int half = 0; half < 2; half++)
        {
            // Twice the step of pairs: even words hold elements 0 and 2, odd words 1 and 3.
            int* from = (int*)(memory + (half * 2 * RegisterBytes));
            (Vector512<int> a, Vector512<int> b) = (Vector512.Load(from), Vector512.Load(from + 16));
            (Vector512<int> c, Vector512<int> d) = (Vector512.Load(from + 32), Vector512.Load(from + 48));
            Vector512<int> evenLow = Avx512F.PermuteVar16x32x2(a, even, b);
            Vector512<int> evenHigh = Avx512F.PermuteVar16x32x2(c, even, d);
            Vector512<int> oddLow = Avx512F.PermuteVar16x32x2(a, odd, b);
            Vector512<int> oddHigh = Avx512F.PermuteVar16x32x2(c, odd, d);
            Avx512F.PermuteVar16x32x2(evenLow, even, evenHigh).Store((int*)(registers + targets[0] + (half * 64)));
            Avx512F.PermuteVar16x32x2(oddLow, even, oddHigh).Store((int*)(registers + targets[1] + (half * 64)));
            Avx512F.PermuteVar16x32x2(evenLow, odd, evenHigh).Store((int*)(registers + targets[2] + (half * 64)));
            Avx512F.PermuteVar16x32x2(oddLow, odd, oddHigh).Store((int*)(registers + targets[3] + (half * 64)));
        }

        return true;
    }

    /// <summary>Packs registers as memory holds them; false when this form has no fast way.</summary>
    /// <param name="sources">Offsets of the registers.</param>
    /// <param name="registers">The warp's register file.</param>
    /// <param name="memory">Receives the words of lane 0, then those of lane 1, and so on.</param>
    public static bool TryStore(int[] sources, byte* registers, byte* memory)
    {
        if (!Avx512F.IsSupported || sources.Length is not 2 and not 4)
        {
            return false;
        }

        var lower = Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        Vector512<int> upper = lower + Vector512.Create(8);
        for (int half = 0; half < 2; half++)
        {
            Vector512<int> a = Vector512.Load((int*)(registers + sources[0] + (half * 64)));
            Vector512<int> b = Vector512.Load((int*)(registers + sources[1] + (half * 64)));
            if (sources.Length == 2)
            {
                Avx512F.PermuteVar16x32x2(a, lower, b).Store((int*)(memory + (half * RegisterBytes)));
                Avx512F.PermuteVar16x32x2(a, upper, b).Store((int*)(memory + (half * RegisterBytes) + 64));
                continue;
            }

            Vector512<int> c = Vector512.Load((int*)(registers + sources[2] + (half * 64)));
            Vector512<int> d = Vector512.Load((int*)(registers + sources[3] + (half * 64)));
            int* to = (int*)(memory + (half * 2 * RegisterBytes));

            // Words 0 and 2, and words 1 and 3, interleaved; then those with each other.
            Vector512<int> evenLow = Avx512F.PermuteVar16x32x2(a, lower, c);
            Vector512<int> evenHigh = Avx512F.PermuteVar16x32x2(a, upper, c);
            Vector512<int> oddLow = Avx512F.PermuteVar16x32x2(b, lower, d);
            Vector512<int> oddHigh = Avx512F.PermuteVar16x32x2(b, upper, d);
            Avx512F.PermuteVar16x32x2(evenLow, lower, oddLow).Store(to);
            Avx512F.PermuteVar16x32x2(evenLow, upper, oddLow).Store(to + 16);
            Avx512F.PermuteVar16x32x2(evenHigh, lower, oddHigh).Store(to + 32);
            Avx512F.PermuteVar16x32x2(evenHigh, upper, oddHigh).Store(to + 48);
        }

        return true;
    }
}
