using System.Runtime.CompilerServices;
using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Launching;

/// <summary>Launches in a row with their parameters, in memory that is used again.</summary>
internal sealed class LaunchSequence
{
    private Entry[] _entries = new Entry[64];
    private byte[] _parameters = new byte[4096];
    private int _parameterBytes;

    /// <summary>How many launches there are.</summary>
    public int Count { get; private set; }

    /// <summary>Equal for equal sequences, and for others nearly never.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Adds a launch at the end.</summary>
    public void Add(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * Count);
        }

        while (_parameterBytes + parameters.Length > _parameters.Length)
        {
            Array.Resize(ref _parameters, 2 * _parameters.Length);
        }

        _entries[Count++] = new Entry(kernel, shape, _parameterBytes, parameters.Length);
        parameters.CopyTo(_parameters.AsSpan(_parameterBytes));
        _parameterBytes += parameters.Length;
        Mix((uint)RuntimeHelpers.GetHashCode(kernel));
        Mix((uint)shape.GetHashCode());
        foreach (byte value in parameters)
        {
            Mix(value);
        }
    }

    /// <summary>Hands every launch to the driver, in order.</summary>
    public void LaunchAll(ICudaDriver driver)
    {
        foreach (ref readonly Entry entry in _entries.AsSpan(0, Count))
        {
            driver.Launch(entry.Kernel, entry.Shape, _parameters.AsSpan(entry.Offset, entry.Bytes));
        }
    }

    /// <summary>The same kernels in the same shapes with the same parameters.</summary>
    public bool IsSameAs(LaunchSequence other) =>
        Hash == other.Hash
        && _entries.AsSpan(0, Count).SequenceEqual(other._entries.AsSpan(0, other.Count))
        && _parameters.AsSpan(0, _parameterBytes).SequenceEqual(other._parameters.AsSpan(0, other._parameterBytes));

    /// <summary>Forgets all launches.</summary>
    public void Clear()
    {
        _entries.AsSpan(0, Count).Clear();
        (Count, _parameterBytes, Hash) = (0, 0, 0);
    }

    // FNV-1a, Fowler, Noll and Vo 1991.
    private void Mix(uint value) => Hash = (Hash ^ value) * 0x100000001B3;

    private readonly record struct Entry(CudaKernel Kernel, LaunchShape Shape, int Offset, int Bytes);
}
