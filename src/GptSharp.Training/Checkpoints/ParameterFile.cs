using System.Runtime.InteropServices;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Checkpoints;

/// <summary>Buffers over a model's parameters as safetensors files: one tensor per parameter, without padding.</summary>
internal static class ParameterFile
{
    /// <summary>Writes one or more buffers; a name is prefixed where there are several.</summary>
    public static void Save(string path, Gpt model, params IReadOnlyList<(string Prefix, ParameterBuffer Buffer)> buffers)
    {
        var writer = new SafetensorsWriter();
        foreach ((string prefix, ParameterBuffer buffer) in buffers)
        {
            foreach (Parameter parameter in model.Arena.Parameters)
            {
                SafetensorsType type = FileType(buffer[parameter].DType);
                writer.Add(prefix + parameter.Name, type, LogicalShape(model, parameter), stream =>
                {
                    Tensor values = buffer[parameter];
                    int count = checked((int)model.LogicalCount(parameter));
                    stream.Write(type switch
                    {
                        SafetensorsType.F64 => Bytes<double>(values, count),
                        SafetensorsType.BF16 => Bytes<BF16>(values, count),
                        _ => Bytes<float>(values, count),
                    });
                });
            }
        }

        writer.Save(path);
    }

    /// <summary>Reads what <see cref="Save"/> wrote into the buffers.</summary>
    /// <exception cref="RefusedFileException">A tensor is missing or has another shape.</exception>
    public static void Load(string path, Gpt model, params IReadOnlyList<(string Prefix, ParameterBuffer Buffer)> buffers)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach ((string prefix, ParameterBuffer buffer) in buffers)
        {
            foreach (Parameter parameter in model.Arena.Parameters)
            {
                string name = prefix + parameter.Name;
                long[] shape = LogicalShape(model, parameter);
                if (!file[name].Shape.SequenceEqual(shape))
                {
                    throw new RefusedFileException(
                        path, $"tensor '{name}' has shape {file[name].ShapeText}, but the model needs ({string.Join(", ", shape)}).");
                }

                var values = new double[parameter.Value.Count];
                file.ReadDoubles(name).CopyTo(values, 0);
                buffer[parameter].UploadDoubles(values);
            }
        }
    }

    private static SafetensorsType FileType(DType type) => type switch
    {
        DType.F64 => SafetensorsType.F64,
        DType.BF16 => SafetensorsType.BF16,
        _ => SafetensorsType.F32,
    };

    private static ReadOnlySpan<byte> Bytes<T>(Tensor tensor, int count)
        where T : unmanaged
    {
        var values = new T[tensor.Count];
        tensor.Download<T>(values);
        return MemoryMarshal.AsBytes(values.AsSpan(0, count));
    }

    private static long[] LogicalShape(Gpt model, Parameter parameter) => parameter.Value.Shape.Rank == 1
        ? [parameter.Value.Shape[0]]
        : [model.LogicalRows(parameter), parameter.Value.Shape.Last];
}
