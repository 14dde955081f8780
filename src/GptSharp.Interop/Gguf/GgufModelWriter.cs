using GptSharp.Files.Gguf;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;

namespace GptSharp.Interop.Gguf;

/// <summary>Adds a model to a GGUF file: its architecture, its shape, its tensors.</summary>
internal static class GgufModelWriter
{
    /// <summary>Version of the layout of quantized blocks.</summary>
    private const uint QuantizationVersion = 2;

    /// <summary>Adds keys that say what the model is.</summary>
    public static void WriteKeys(GgufWriter writer, string name, GgufArchitecture architecture, GptConfig config, GgufTensorType type)
    {
        writer.Add(GgufHyperparameters.Architecture, GgufValue.Of(architecture.Name));
        writer.Add("general.type", GgufValue.Of("model"));
        writer.Add("general.name", GgufValue.Of(name));
        writer.Add("general.file_type", GgufValue.Of(FileType(type)));
        writer.Add("general.quantization_version", GgufValue.Of(QuantizationVersion));
        GgufHyperparameters.Write(writer, architecture, config);
    }

    /// <summary>Adds all tensors, whose values are read when they are written.</summary>
    public static void WriteTensors(GgufWriter writer, GgufArchitecture architecture, Gpt model, GgufTensorType type)
    {
        if (!architecture.IsGpt2 && GgufRope.Divisors(model.Config.Rope, model.Config.RopeWidth) is { } divisors)
        {
            writer.Add(GgufTensors.RopeFactors, GgufTensorType.F32, [divisors.Length], () => divisors);
        }

        foreach (GgufPlace place in GgufTensors.Of(architecture, model.Config))
        {
            writer.Add(place.Name, place.StoredAs(type), place.Shape, () =>
            {
                double[] values = place.ToFile(ModelLayout.Read(model, model.Arena.PreciseValues!, place.Place));
                return Array.ConvertAll(values, value => (float)value);
            });
        }
    }

    // What most tensors are, by llama.cpp's numbers.
    private static uint FileType(GgufTensorType type) => type switch
    {
        GgufTensorType.F16 => 1,
        GgufTensorType.Q4_0 => 2,
        GgufTensorType.Q8_0 => 7,
        GgufTensorType.BF16 => 32,
        _ => 0,
    };
}
