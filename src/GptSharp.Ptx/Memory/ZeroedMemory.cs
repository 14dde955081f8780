using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Memory;

/// <summary>
/// Zeroed native memory, kept from launch to launch: fresh pages cost the system more than clearing those that are there.
/// </summary>
internal static unsafe class ZeroedMemory
{
    private const int Alignment = 64;
    private const long MostKept = 256L << 20;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<nuint, Stack<nint>> Kept = [];
    private static long _bytesKept;

    /// <summary>Takes memory in which every byte is zero, aligned to 64 bytes.</summary>
    /// <param name="bytes">How much.</param>
    public static byte* Rent(nuint bytes)
    {
        nuint size = Size(bytes);
        byte* memory = null;
        lock (Gate)
        {
            if (Kept.TryGetValue(size, out Stack<nint>? kept) && kept.TryPop(out nint pointer))
            {
                memory = (byte*)pointer;
                _bytesKept -= (long)size;
            }
        }

        if (memory is null)
        {
            memory = (byte*)NativeMemory.AlignedAlloc(size, Alignment);
        }

        NativeMemory.Clear(memory, size);
        return memory;
    }

    /// <summary>Gives memory back.</summary>
    /// <param name="memory">What <see cref="Rent"/> gave, or null.</param>
    /// <param name="bytes">How much that was.</param>
    public static void Return(void* memory, nuint bytes)
    {
        if (memory is null)
        {
            return;
        }

        nuint size = Size(bytes);
        lock (Gate)
        {
            if (_bytesKept + (long)size <= MostKept)
            {
                if (!Kept.TryGetValue(size, out Stack<nint>? kept))
                {
                    kept = new Stack<nint>();
                    Kept.Add(size, kept);
                }

                kept.Push((nint)memory);
                _bytesKept += (long)size;
                return;
            }
        }

        NativeMemory.AlignedFree(memory);
    }

    private static nuint Size(nuint bytes) => (Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment;
}
