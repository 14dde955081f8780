using System.Globalization;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// How Hugging Face's transformers lays a GPT-2 out in a file: names, shapes, and matrices of linear layers as (inputs, outputs).
/// Gradients, moments and anything else that has the shape of a parameter can be laid out the same way.
/// </summary>
public static class Gpt2Layout
{
    /// <summary>What the names begin with in files of a whole language model; the head's name does not.</summary>
    public const string Prefix = "transformer.";

    private const string Head = "lm_head.weight";

    /// <summary>Every tensor of a model, embeddings first, then layer by layer; made as it is asked for.</summary>
    /// <param name="config">A model with learned positions and biases.</param>
    /// <returns>The tensors; the head is among them only when it is not tied.</returns>
    public static IEnumerable<Gpt2Tensor> Tensors(GptConfig config)
    {
        (long width, long mlp) = (config.Width, config.MlpWidth);
        yield return Plain("wte.weight", config.VocabularySize, width);
        yield return Plain("wpe.weight", config.BlockSize, width);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"h.{layer}.");
            yield return Plain(block + "ln_1.weight", width);
            yield return Plain(block + "ln_1.bias", width);
            yield return Matrix(block + "attn.c_attn.weight", width, 3 * width);
            yield return Plain(block + "attn.c_attn.bias", 3 * width);
            yield return Matrix(block + "attn.c_proj.weight", width, width);
            yield return Plain(block + "attn.c_proj.bias", width);
            yield return Plain(block + "ln_2.weight", width);
            yield return Plain(block + "ln_2.bias", width);
            yield return Matrix(block + "mlp.c_fc.weight", width, mlp);
            yield return Plain(block + "mlp.c_fc.bias", mlp);
            yield return Matrix(block + "mlp.c_proj.weight", mlp, width);
            yield return Plain(block + "mlp.c_proj.bias", width);
        }

        yield return Plain("ln_f.weight", width);
        yield return Plain("ln_f.bias", width);
        if (!config.TieHead)
        {
            yield return new Gpt2Tensor(Head, Head, [config.VocabularySize, width], IsTransposed: false);
        }
    }

    /// <summary>Takes one tensor out of a buffer over a model's parameters, in the file's layout.</summary>
    /// <param name="model">The model.</param>
    /// <param name="buffer">Its values, gradients or moments.</param>
    /// <param name="tensor">Which one.</param>
    /// <returns>All elements, without the padding of the vocabulary.</returns>
    public static double[] Read(Gpt model, ParameterBuffer buffer, Gpt2Tensor tensor)
    {
        double[] values = buffer[Parameter(model, tensor)].ToDoubles();
        Array.Resize(ref values, checked((int)Count(tensor)));
        return tensor.IsTransposed ? Transpose(values, tensor.Shape[1], tensor.Shape[0]) : values;
    }

    /// <summary>Puts one tensor, in the file's layout, into a buffer over a model's parameters; padding becomes zero.</summary>
    /// <param name="model">The model.</param>
    /// <param name="buffer">Its values, gradients or moments.</param>
    /// <param name="tensor">Which one.</param>
    /// <param name="values">All elements.</param>
    public static void Write(Gpt model, ParameterBuffer buffer, Gpt2Tensor tensor, double[] values)
    {
        double[] ours = tensor.IsTransposed ? Transpose(values, tensor.Shape[0], tensor.Shape[1]) : values;
        Parameter parameter = Parameter(model, tensor);
        Array.Resize(ref ours, checked((int)parameter.Value.Count));
        buffer[parameter].UploadDoubles(ours);
    }

    private static Parameter Parameter(Gpt model, Gpt2Tensor tensor) =>
        model.Arena.Parameters.Single(parameter => parameter.Name == tensor.ParameterName);

    private static long Count(Gpt2Tensor tensor) => tensor.Shape.Aggregate(1L, (count, length) => checked(count * length));

    private static Gpt2Tensor Plain(string name, params long[] shape) => new(Prefix + name, name, shape, IsTransposed: false);

    private static Gpt2Tensor Matrix(string name, long inputs, long outputs) =>
        new(Prefix + name, name, [inputs, outputs], IsTransposed: true);

    private static double[] Transpose(double[] values, long rows, long columns)
    {
        var result = new double[values.Length];
        for (long row = 0; row < rows; row++)
        {
            for (long column = 0; column < columns; column++)
            {
                result[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return result;
    }
}
