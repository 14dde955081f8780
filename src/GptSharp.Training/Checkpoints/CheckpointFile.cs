using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Checkpoints;

/// <summary>
/// A file of a checkpoint as it will be, without being in memory: the prologue of a safetensors file, and behind it tensors where they
/// lie now, without their padding. Any part of it may be read.
/// </summary>
internal sealed class CheckpointFile
{
    private readonly byte[] _prologue;
    private readonly List<(long Start, long Bytes, Tensor Source)> _parts = [];

    /// <summary>The file of one or more buffers over a model's parameters.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="model">The model.</param>
    /// <param name="buffers">The buffers, each with what its tensors' names begin with.</param>
    public CheckpointFile(string name, Gpt model, params IReadOnlyList<(string Prefix, ParameterBuffer Buffer)> buffers)
    {
        Name = name;
        var writer = new SafetensorsWriter();
        var sources = new Dictionary<string, (long Bytes, Tensor Source)>();
        foreach ((string prefix, ParameterBuffer buffer) in buffers)
        {
            foreach (Parameter parameter in model.Arena.Parameters)
            {
                SafetensorsType type = ParameterFile.FileType(buffer[parameter].DType);
                writer.Add(prefix + parameter.Name, type, ParameterFile.LogicalShape(model, parameter), _ => { });
                sources.Add(prefix + parameter.Name, (type.ByteLength(model.LogicalCount(parameter)), buffer[parameter]));
            }
        }

        (_prologue, IReadOnlyList<string> names) = writer.Layout();
        Length = _prologue.Length;
        foreach (string tensor in names)
        {
            (long bytes, Tensor source) = sources[tensor];
            _parts.Add((Length, bytes, source));
            Length += bytes;
        }
    }

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>The same, up to whole pages: what a piecewise copy needs.</summary>
    public long AlignedLength => (Length + SequentialFile.Alignment - 1) / SequentialFile.Alignment * SequentialFile.Alignment;

    /// <summary>Copies a part of the file, with zeros behind its end.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    public void Read(long start, Span<byte> destination)
    {
        while (start < _prologue.Length && destination.Length > 0)
        {
            int count = (int)Math.Min(_prologue.Length - start, destination.Length);
            _prologue.AsSpan((int)start, count).CopyTo(destination);
            start += count;
            destination = destination[count..];
        }

        for (int i = PartAt(start); i < _parts.Count && destination.Length > 0; i++)
        {
            (long first, long bytes, Tensor source) = _parts[i];
            int count = (int)Math.Min(first + bytes - start, destination.Length);
            source.DownloadBytes(start - first, destination[..count]);
            start += count;
            destination = destination[count..];
        }

        destination.Clear();
    }

    // The first part that ends behind a place.
    private int PartAt(long place)
    {
        (int low, int high) = (0, _parts.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _parts[middle].Start + _parts[middle].Bytes > place ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
