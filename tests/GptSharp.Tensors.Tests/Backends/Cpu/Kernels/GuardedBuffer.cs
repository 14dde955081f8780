using System.Runtime.InteropServices;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>
/// A native array between two guard zones, deliberately not aligned to a register, that can be put back to its first contents.
/// </summary>
internal abstract unsafe class GuardedBuffer : IDisposable
{
    private const int GuardBytes = 256;
    private const uint GuardBits = 0x7FC57FC5; // a NaN, as a float and as two BF16 numbers: a kernel that reads it shows it
    private readonly byte* _memory;
    private readonly byte[] _initial;
    private readonly int _front;
    private readonly bool _isOutput;

    /// <summary>Takes the memory.</summary>
    /// <param name="initial">The first contents.</param>
    /// <param name="elementSize">Bytes of an element, by which the array is put out of alignment.</param>
    /// <param name="isOutput">Whether a kernel may write into it.</param>
    protected GuardedBuffer(byte[] initial, int elementSize, bool isOutput)
    {
        (_initial, _isOutput, _front) = (initial, isOutput, GuardBytes + elementSize);
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)TotalBytes, 64);
        Restore();
    }

    /// <summary>Bytes of the array now.</summary>
    public ReadOnlySpan<byte> Bytes => new(Address, _initial.Length);

    /// <summary>Where the array starts.</summary>
    protected void* Address => _memory + _front;

    // A whole number of guard words.
    private int TotalBytes => (_front + _initial.Length + GuardBytes + 3) / 4 * 4;

    public void Restore()
    {
        new Span<uint>(_memory, TotalBytes / sizeof(uint)).Fill(GuardBits);
        _initial.CopyTo(new Span<byte>(Address, _initial.Length));
    }

    /// <summary>Nothing was written around the array; and nothing into it, if it is an input.</summary>
    public void AssertIntact()
    {
        Assert.True(IsGuard(0, _front), "A kernel wrote in front of an array.");
        Assert.True(IsGuard(_front + _initial.Length, TotalBytes), "A kernel wrote behind an array.");
        Assert.True(_isOutput || Bytes.SequenceEqual(_initial), "A kernel wrote into an input.");
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private bool IsGuard(int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            if (_memory[i] != (byte)(GuardBits >> (i % 4 * 8)))
            {
                return false;
            }
        }

        return true;
    }
}
