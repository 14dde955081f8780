using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Checkpoints;

/// <summary>
/// A copy of everything that a checkpoint holds, in memory that is taken once and used for every save: while it is written, the model
/// trains on.
/// </summary>
internal sealed class CheckpointSnapshot : IDisposable
{
    private const int PieceBytes = 1 << 20;

    private readonly IReadOnlyList<CheckpointFile> _files;
    private readonly long[] _starts;
    private readonly (int File, long Start)[] _pieces;
    private readonly SnapshotArena _memory;

    /// <summary>Takes the memory.</summary>
    public CheckpointSnapshot(Engine engine, IReadOnlyList<CheckpointFile> files)
    {
        _files = files;
        _starts = new long[files.Count];
        var pieces = new List<(int, long)>();
        for (int i = 0; i < files.Count; i++)
        {
            _starts[i] = i == 0 ? 0 : _starts[i - 1] + files[i - 1].AlignedLength;
            for (long start = 0; start < files[i].AlignedLength; start += PieceBytes)
            {
                pieces.Add((i, start));
            }
        }

        _pieces = [.. pieces];
        _memory = engine.NewSnapshotArena(BytesFor(files));
    }

    /// <summary>Bytes that a snapshot needs.</summary>
    public static long BytesFor(IReadOnlyList<CheckpointFile> files) => files.Sum(file => file.AlignedLength);

    /// <summary>Copies the model as it is now, on every core.</summary>
    public void Take() => Parallel.For(0, _pieces.Length, i =>
    {
        (int file, long start) = _pieces[i];
        int count = (int)Math.Min(PieceBytes, _files[file].AlignedLength - start);
        _files[file].Read(start, _memory.Part(_starts[file] + start, count));
    });

    /// <summary>A part of a file in the copy.</summary>
    public ReadOnlySpan<byte> Part(int file, long start, int count) => _memory.Part(_starts[file] + start, count);

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _memory.Dispose();
}
