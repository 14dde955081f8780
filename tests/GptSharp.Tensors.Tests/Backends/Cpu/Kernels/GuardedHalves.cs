using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>A guarded array of BF16 numbers.</summary>
internal sealed unsafe class GuardedHalves(BF16[] initial, bool isOutput)
    : GuardedBuffer(MemoryMarshal.AsBytes<BF16>(initial).ToArray(), sizeof(BF16), isOutput)
{
    /// <summary>The first contents, widened.</summary>
    public float[] Initial { get; } = Array.ConvertAll(initial, value => (float)value);

    public int Count => Initial.Length;

    public float this[long i] => this.Pointer[i];

    public BF16* Pointer => (BF16*)Address;

    public Span<BF16> Values => new(Pointer, Count);

    public static implicit operator BF16*(GuardedHalves buffer) => buffer.Pointer;
}
