using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>A guarded array of floats.</summary>
internal sealed unsafe class GuardedFloats(float[] initial, bool isOutput)
    : GuardedBuffer(MemoryMarshal.AsBytes<float>(initial).ToArray(), sizeof(float), isOutput)
{
    public float[] Initial { get; } = initial;

    public int Count => Initial.Length;

    public float this[long i] => this.Pointer[i];

    public float* Pointer => (float*)Address;

    public Span<float> Values => new(Pointer, Count);

    public static implicit operator float*(GuardedFloats buffer) => buffer.Pointer;
}
