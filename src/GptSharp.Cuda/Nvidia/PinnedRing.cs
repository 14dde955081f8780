namespace GptSharp.Cuda.Nvidia;

/// <summary>
/// Pinned memory through which copies go, a ring of pieces: the device reads and writes pinned memory by itself while the host goes on, and
/// a piece is taken again when the device is done with it. Sixteen pieces let the host be several steps ahead of the device.
/// </summary>
internal sealed unsafe class PinnedRing : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private const int Pieces = 16;

    private readonly NvidiaDriver _driver;
    private readonly nint _memory;
    private readonly nint[] _done = new nint[Pieces];
    private int _next;

    /// <summary>Takes the memory.</summary>
    public PinnedRing(NvidiaDriver driver)
    {
        _driver = driver;
        nint memory;
        driver.Check(driver.Functions.MemHostAlloc(&memory, PieceBytes * Pieces, HostAllocation.Portable | HostAllocation.Mapped), "cuMemHostAlloc");
        _memory = memory;
        for (int i = 0; i < Pieces; i++)
        {
            nint done;
            driver.Check(driver.Functions.EventCreate(&done, EventKind.OrderOnly), "cuEventCreate");
            _done[i] = done;
        }
    }

    /// <summary>Copies to the device; the source has been read when it returns, the device may still be at work.</summary>
    public void CopyToDevice(ulong destination, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            int bytes = Math.Min(source.Length, PieceBytes);
            int piece = Take();
            source[..bytes].CopyTo(Bytes(piece));
            _driver.Check(_driver.Functions.MemcpyToDevice(destination, Address(piece), (nuint)bytes, _driver.Stream), "cuMemcpyHtoDAsync");
            Mark(piece);
            destination += (ulong)bytes;
            source = source[bytes..];
        }
    }

    /// <summary>Copies to the host and waits for it; while the host empties one piece, the device fills the next ones.</summary>
    public void CopyToHost(Span<byte> destination, ulong source)
    {
        int first = _next;
        int asked = 0;
        for (int read = 0; read < destination.Length; read += PieceBytes)
        {
            for (; asked < destination.Length && asked - read < PieceBytes * Pieces; asked += PieceBytes)
            {
                int piece = Take();
                int wanted = Math.Min(destination.Length - asked, PieceBytes);
                _driver.Check(
                    _driver.Functions.MemcpyToHost(Address(piece), source + (ulong)asked, (nuint)wanted, _driver.Stream), "cuMemcpyDtoHAsync");
                Mark(piece);
            }

            int full = (first + (read / PieceBytes)) % Pieces;
            _driver.Check(_driver.Functions.EventSynchronize(_done[full]), "cuEventSynchronize");
            int bytes = Math.Min(destination.Length - read, PieceBytes);
            Bytes(full)[..bytes].CopyTo(destination[read..]);
        }
    }

    /// <summary>Gives the memory back; nothing is at work any more.</summary>
    public void Dispose()
    {
        foreach (nint done in _done)
        {
            _driver.Note(_driver.Functions.EventDestroy(done), "cuEventDestroy");
        }

        _driver.Note(_driver.Functions.MemFreeHost(_memory), "cuMemFreeHost");
    }

    // The next piece, once the device is done with it; an event that was never recorded counts as done.
    private int Take()
    {
        int piece = _next;
        _next = (_next + 1) % Pieces;
        _driver.Check(_driver.Functions.EventSynchronize(_done[piece]), "cuEventSynchronize");
        return piece;
    }

    private void Mark(int piece) => _driver.Check(_driver.Functions.EventRecord(_done[piece], _driver.Stream), "cuEventRecord");

    private nint Address(int piece) => _memory + (piece * PieceBytes);

    private Span<byte> Bytes(int piece) => new((void*)Address(piece), PieceBytes);
}
