using System.Runtime.InteropServices;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>
/// A native array between two guard zones, deliberately not aligned to a register, that can be put back to its first contents.
/// </summary>
internal sealed unsafe class GuardedFloats : IDisposable
{
    private const int Guard = 64;
    private const uint GuardBits = 0x7FC5C5C5; // a NaN: a kernel that reads it shows it
    private readonly float* _memory;
    private readonly bool _isOutput;

    public GuardedFloats(float[] initial, bool isOutput)
    {
        Initial = initial;
        _isOutput = isOutput;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)(initial.Length + (2 * Guard) + 1) * sizeof(float), 64);
        Restore();
    }

    public float[] Initial { get; }

    public int Count => Initial.Length;

    public float this[long i] => this.Pointer[i];

    public float* Pointer => _memory + Guard + 1;

    public Span<float> Values => new(Pointer, Count);

    public static implicit operator float*(GuardedFloats buffer) => buffer.Pointer;

    public void Restore()
    {
        float guard = BitConverter.UInt32BitsToSingle(GuardBits);
        new Span<float>(_memory, Initial.Length + (2 * Guard) + 1).Fill(guard);
        Initial.CopyTo(Values);
    }

    /// <summary>Nothing was written around the array; and nothing into it, if it is an input.</summary>
    public void AssertIntact()
    {
        Assert.False(Zone(0, Guard + 1).ContainsAnyExcept(GuardBits), "A kernel wrote in front of an array.");
        Assert.False(Zone(Guard + 1 + Count, Guard).ContainsAnyExcept(GuardBits), "A kernel wrote behind an array.");
        if (!_isOutput)
        {
            Assert.True(
                MemoryMarshal.AsBytes<float>(Initial).SequenceEqual(MemoryMarshal.AsBytes(Values)), "A kernel wrote into an input.");
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private Span<uint> Zone(int start, int count) => new((uint*)_memory + start, count);
}
