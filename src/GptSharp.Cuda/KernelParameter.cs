using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Cuda;

/// <summary>One parameter of a launch: an address or a number of 4 or 8 bytes. Lives on the stack.</summary>
public readonly struct KernelParameter
{
    private readonly long _bits;

    private KernelParameter(long bits, int size) => (_bits, Size) = (bits, size);

    /// <summary>Its bytes, and its alignment.</summary>
    public int Size { get; }

    /// <summary>An address on the device.</summary>
    public static implicit operator KernelParameter(nint address) => new(address, sizeof(long));

    /// <summary>An address on the device.</summary>
    public static implicit operator KernelParameter(ulong address) => new((long)address, sizeof(long));

    /// <summary>A signed number of 64 bits.</summary>
    public static implicit operator KernelParameter(long value) => new(value, sizeof(long));

    /// <summary>A signed number of 32 bits.</summary>
    public static implicit operator KernelParameter(int value) => new(value, sizeof(int));

    /// <summary>An unsigned number of 32 bits.</summary>
    public static implicit operator KernelParameter(uint value) => new(value, sizeof(uint));

    /// <summary>A binary32 number.</summary>
    public static implicit operator KernelParameter(float value) => new(BitConverter.SingleToInt32Bits(value), sizeof(float));

    /// <summary>Puts parameters where a kernel finds them, each at its natural alignment.</summary>
    /// <returns>How many bytes of <paramref name="destination"/> they take.</returns>
    public static int Pack(ReadOnlySpan<KernelParameter> parameters, Span<byte> destination)
    {
        int end = 0;
        foreach (KernelParameter parameter in parameters)
        {
            int offset = (end + parameter.Size - 1) & -parameter.Size;
            destination[end..offset].Clear();
            ReadOnlySpan<byte> bits = MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in Unsafe.AsRef(in parameter._bits)));
            bits[..parameter.Size].CopyTo(destination[offset..]);
            end = offset + parameter.Size;
        }

        return end;
    }
}
