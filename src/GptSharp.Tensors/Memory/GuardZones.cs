namespace GptSharp.Tensors.Memory;

/// <summary>
/// For tests: a pattern on both sides of every buffer that must still be there when the buffer goes back, and a poison of
/// NaNs inside, so that an element nobody wrote cannot pass for a result.
/// </summary>
internal sealed class GuardZones(IBackend backend)
{
    /// <summary>Bytes of pattern on each side of a buffer.</summary>
    public const int Bytes = 256;

    private const byte Pattern = 0xC5;

    // All bits set is a NaN in every float type and -1 as an integer.
    private const byte Poison = 0xFF;

    /// <summary>Writes pattern, poison and pattern around the buffer at <paramref name="address"/>.</summary>
    public void Plant(nint address, long usedBytes, long bytes)
    {
        Write(address - Bytes, Bytes, Pattern);
        Write(address, usedBytes, Poison);
        Write(address + (nint)usedBytes, bytes - usedBytes + Bytes, Pattern);
    }

    /// <summary>Throws if anything wrote outside the buffer.</summary>
    /// <exception cref="TensorException">The pattern is damaged; the message names the tensor.</exception>
    public void Check(in Slot slot)
    {
        long usedBytes = slot.Shape.Count * slot.DType.Size();
        long tail = slot.Region.Bytes - Bytes - usedBytes; // the region starts with the front guard
        if (!IsIntact(slot.Address - Bytes, Bytes) || !IsIntact(slot.Address + (nint)usedBytes, tail))
        {
            throw new TensorException(
                $"Something wrote outside the buffer of a tensor {slot.DType} {slot.Shape} made by {slot.Producer ?? "the caller"}.");
        }
    }

    private void Write(nint address, long bytes, byte value)
    {
        var block = new byte[bytes];
        block.AsSpan().Fill(value);
        backend.Upload(address, block);
    }

    private bool IsIntact(nint address, long bytes)
    {
        var block = new byte[bytes];
        backend.Download(block, address);
        return !block.AsSpan().ContainsAnyExcept(Pattern);
    }
}
