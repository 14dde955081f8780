using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Checkpoints;

/// <summary>Buffers over a model's parameters as safetensors files: one tensor per parameter, without padding.</summary>
internal static class ParameterFile
{
    private const int PieceBytes = 4 << 20;

    /// <summary>Reads what a <see cref="CheckpointFile"/> became into the buffers.</summary>
    /// <exception cref="RefusedFileException">A tensor is missing or has another shape.</exception>
    public static void Load(string path, Gpt model, params IReadOnlyList<(string Prefix, ParameterBuffer Buffer)> buffers)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach ((string prefix, ParameterBuffer buffer) in buffers)
        {
            foreach (Parameter parameter in model.Arena.Parameters)
            {
                SafetensorsEntry entry = file[prefix + parameter.Name];
                long[] shape = LogicalShape(model, parameter);
                if (!entry.Shape.SequenceEqual(shape))
                {
                    throw new RefusedFileException(
                        path, $"tensor '{entry.Name}' has shape {entry.ShapeText}, but the model needs ({string.Join(", ", shape)}).");
                }

                Load(file, entry, buffer[parameter]);
            }
        }
    }

    /// <summary>How a file stores what memory stores so.</summary>
    public static SafetensorsType FileType(DType type) => type switch
    {
        DType.F64 => SafetensorsType.F64,
        DType.BF16 => SafetensorsType.BF16,
        _ => SafetensorsType.F32,
    };

    /// <summary>A parameter's shape without padding.</summary>
    public static long[] LogicalShape(Gpt model, Parameter parameter) => parameter.Value.Shape.Rank == 1
        ? [parameter.Value.Shape[0]]
        : [model.LogicalRows(parameter), parameter.Value.Shape.Last];

    private static void Load(SafetensorsFile file, SafetensorsEntry entry, Tensor tensor)
    {
        if (entry.Type != FileType(tensor.DType))
        {
            var values = new double[tensor.Count];
            file.ReadDoubles(entry.Name).CopyTo(values, 0);
            tensor.UploadDoubles(values);
            return;
        }

        var piece = new byte[Math.Min(PieceBytes, tensor.Bytes)];
        for (long start = 0; start < tensor.Bytes; start += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, tensor.Bytes - start));
            Span<byte> stored = part[..(int)Math.Clamp(entry.ByteLength - start, 0, part.Length)];
            file.ReadBytes(entry, start, stored);
            part[stored.Length..].Clear(); // padding
            tensor.UploadBytes(start, part);
        }
    }
}
