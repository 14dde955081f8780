using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Checkpoints;

/// <summary>
/// A copy of everything that a checkpoint holds, in memory that is taken once and used for every save: while it is written, the model
/// trains on.
/// </summary>
internal sealed class CheckpointSnapshot : IDisposable
{
    private const int PieceBytes = 256 << 20;

    private readonly IReadOnlyList<CheckpointFile> _files;
    private readonly long[] _starts;
    private readonly SnapshotArena _memory;

    /// <summary>Takes the memory.</summary>
    public CheckpointSnapshot(Engine engine, IReadOnlyList<CheckpointFile> files)
    {
        _files = files;
        _starts = new long[files.Count];
        for (int i = 1; i < files.Count; i++)
        {
            _starts[i] = _starts[i - 1] + files[i - 1].AlignedLength;
        }

        _memory = engine.NewSnapshotArena(BytesFor(files));
        if (!engine.Options.IsDryRun)
        {
            // The first touch of a page costs more than many copies into it: now, rather than while a training step waits.
            Take();
        }
    }

    /// <summary>Bytes that a snapshot needs.</summary>
    public static long BytesFor(IReadOnlyList<CheckpointFile> files) => files.Sum(file => file.AlignedLength);

    /// <summary>Copies the model as it is now.</summary>
    public void Take()
    {
        for (int file = 0; file < _files.Count; file++)
        {
            long length = _files[file].AlignedLength;
            for (long start = 0; start < length; start += PieceBytes)
            {
                _files[file].Read(start, _memory.Part(_starts[file] + start, (int)Math.Min(PieceBytes, length - start)));
            }
        }
    }

    /// <summary>A part of a file in the copy.</summary>
    public ReadOnlySpan<byte> Part(int file, long start, int count) => _memory.Part(_starts[file] + start, count);

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _memory.Dispose();
}
