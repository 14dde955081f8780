using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Memory;

/// <summary>How <c>cp.async</c> moves the bytes of a lane.</summary>
internal static unsafe class AsyncCopies
{
    /// <summary>Copies what is read, and fills up with zeros.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="source">Where from; not used when nothing is read.</param>
    /// <param name="read">Bytes to copy.</param>
    /// <param name="bytes">Bytes to write.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move(byte* target, byte* source, int read, int bytes)
    {
        if (read == AsyncCopy.LargestLane)
        {
            Vector128.Load(source).Store(target);
            return;
        }

        MovePart(target, source, read, bytes);
    }

    private static void MovePart(byte* target, byte* source, int read, int bytes)
    {
        if (read > 0)
        {
            Unsafe.CopyBlockUnaligned(target, source, (uint)read);
        }

        Unsafe.InitBlockUnaligned(target + read, 0, (uint)(bytes - read));
    }
}
