using System.Runtime.InteropServices;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx;

/// <summary>The value of a kernel's parameter: a number, the address of a buffer, or the bytes of a structure.</summary>
public readonly struct KernelArgument
{
    private readonly byte[] _bytes;

    private KernelArgument(byte[] bytes) => _bytes = bytes;

    /// <summary>The bytes, little-endian.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>From any unmanaged value: a number, an address or a structure.</summary>
    public static KernelArgument From<T>(T value)
        where T : unmanaged => new(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray());

    /// <summary>The address of a buffer.</summary>
    public static implicit operator KernelArgument(DeviceBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return From(buffer.Address);
    }

    /// <summary>An integer of 32 bits.</summary>
    public static implicit operator KernelArgument(int value) => From(value);

    /// <summary>An unsigned integer of 32 bits.</summary>
    public static implicit operator KernelArgument(uint value) => From(value);

    /// <summary>An integer of 64 bits.</summary>
    public static implicit operator KernelArgument(long value) => From(value);

    /// <summary>An unsigned integer of 64 bits.</summary>
    public static implicit operator KernelArgument(ulong value) => From(value);

    /// <summary>An integer of 16 bits.</summary>
    public static implicit operator KernelArgument(short value) => From(value);

    /// <summary>An unsigned integer of 16 bits.</summary>
    public static implicit operator KernelArgument(ushort value) => From(value);

    /// <summary>A byte.</summary>
    public static implicit operator KernelArgument(byte value) => From(value);

    /// <summary>A binary32 number.</summary>
    public static implicit operator KernelArgument(float value) => From(value);

    /// <summary>A binary64 number.</summary>
    public static implicit operator KernelArgument(double value) => From(value);

    /// <summary>The bytes of a structure.</summary>
    public static implicit operator KernelArgument(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new KernelArgument([.. bytes]);
    }
}
