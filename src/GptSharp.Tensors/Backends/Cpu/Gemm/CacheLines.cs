using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>A part of memory, rows of some bytes at a distance, to be asked for line by line before it is needed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CacheLines
{
    /// <summary>Bytes of a line.</summary>
    public const int Bytes = 64;

    private byte* _next;
    private nint _twin;
    private nint _leap;
    private nint _perRow;
    private nint _restOfRow;
    private nint _rest;

    /// <summary>The places of the fields, for code that is not C#: eight bytes each.</summary>
    public enum Field
    {
        /// <summary>Address of the next line.</summary>
        Next,

        /// <summary>From it to the line that is asked for with it.</summary>
        Twin,

        /// <summary>Bytes from the end of a row's last line to the next row.</summary>
        Leap,

        /// <summary>Lines of a row.</summary>
        PerRow,

        /// <summary>Lines left of the row.</summary>
        RestOfRow,

        /// <summary>Lines left of all rows.</summary>
        Rest,
    }

    /// <summary>Whether nothing is left to ask for.</summary>
    public readonly bool IsEmpty => _rest == 0;

    /// <summary>What is asked for next.</summary>
    public readonly byte* Next => _next;

    /// <summary>Rows of a matrix.</summary>
    /// <param name="first">The first element; null for nothing at all.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Elements of each.</param>
    /// <param name="stride">Elements from row to row.</param>
    public static CacheLines Of<T>(T* first, int rows, int columns, long stride)
        where T : unmanaged
    {
        int perRow = ((columns * sizeof(T)) + Bytes - 1) / Bytes;
        return new CacheLines
        {
            _next = (byte*)first,
            _leap = ((nint)stride * sizeof(T)) - (perRow * Bytes),
            _perRow = perRow,
            _restOfRow = perRow,
            _rest = first == null ? 0 : rows * perRow,
        };
    }

    /// <summary>Lines of a factor that will be packed.</summary>
    public static CacheLines Of<T>(Lines<T> lines, int count, int terms)
        where T : unmanaged => lines.LineStride == 1
            ? Of(lines.Data, terms, count, lines.TermStride)
            : Of(lines.Data, count, terms, lines.LineStride);

    /// <summary>The same lines, and with each the one as far from it as <paramref name="other"/> is from the first.</summary>
    public readonly CacheLines With(void* other) => this with { _twin = (nint)other - (nint)_next };

    /// <summary>Asks for the next line, if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch()
    {
        if (!Sse.IsSupported || _rest == 0)
        {
            return;
        }

        Sse.Prefetch0(_next);
        Sse.Prefetch0(_next + _twin);
        _next += Bytes;
        _rest--;
        if (--_restOfRow == 0)
        {
            _restOfRow = _perRow;
            _next += _leap;
        }
    }
}
