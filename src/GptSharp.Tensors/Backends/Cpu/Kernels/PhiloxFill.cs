using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Writes the random words of <paramref name="count"/> consecutive elements, at any alignment.</summary>
internal readonly unsafe struct PhiloxFill(uint* words, int count, RandomKey key, ulong firstElement) : ILaneAction
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>()
        where T : unmanaged, ILanes<T>
    {
        PhiloxLanes<T> philox = new(key, 0);
        uint* buffer = stackalloc uint[4 * T.Count];
        uint block = (uint)(firstElement >> 2);

        // The first block may be entered in its middle.
        int skipped = (int)(firstElement & 3), done = 0;
        if (skipped != 0 && count > 0)
        {
            T.StoreWords(buffer, philox.Words(block++));
            done = Math.Min(count, 4 - skipped);
            new Span<uint>(buffer + skipped, done).CopyTo(new Span<uint>(words, done));
        }

        for (; count - done >= 4 * T.Count; done += 4 * T.Count, block += (uint)T.Count)
        {
            philox.Words(out T a, out T b, out T c, out T d, block);
            T.StoreWords(words + done, a);
            T.StoreWords(words + done + T.Count, b);
            T.StoreWords(words + done + (2 * T.Count), c);
            T.StoreWords(words + done + (3 * T.Count), d);
        }

        for (; done < count; done += T.Count, block += (uint)T.Count / 4)
        {
            T.StoreWords(buffer, philox.Words(block));
            int taken = Math.Min(T.Count, count - done);
            new Span<uint>(buffer, taken).CopyTo(new Span<uint>(words + done, taken));
        }
    }
}
