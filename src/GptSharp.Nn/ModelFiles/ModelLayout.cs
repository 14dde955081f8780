using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// How Hugging Face's transformers lays one family of models out in a file: names, shapes, and which rows of a parameter a tensor is.
/// Gradients, moments and anything else that has the shape of a parameter can be laid out the same way.
/// </summary>
public abstract class ModelLayout
{
    /// <summary>GPT-2: learned positions, biases, linear layers as (inputs, outputs).</summary>
    public static ModelLayout Gpt2 { get; } = new Gpt2Layout();

    /// <summary>Llama, Mistral, Qwen 2 and Qwen 3: a tensor each for queries, keys, values, gates and what they gate.</summary>
    public static ModelLayout Llama { get; } = new LlamaLayout();

    /// <summary>What the names begin with in files of a whole language model; the head's name does not.</summary>
    public abstract string Prefix { get; }

    /// <summary>The name of the token embedding's weight, without the prefix.</summary>
    internal abstract string Embedding { get; }

    /// <summary>The layout that has a place for everything in a model of this shape.</summary>
    /// <exception cref="ConfigurationException">None has; the sentence names what has no place.</exception>
    public static ModelLayout Of(GptConfig config)
    {
        ModelLayout layout = config.Norm == NormKind.RMSNorm ? Llama : Gpt2;
        layout.CheckRepresentable(config);
        return layout;
    }

    /// <summary>Every tensor of a model, embeddings first, then layer by layer; made as it is asked for.</summary>
    /// <param name="config">A model of this family.</param>
    /// <returns>The tensors; the head is among them only when it is not tied.</returns>
    public abstract IEnumerable<ModelTensor> Tensors(GptConfig config);

    /// <summary>Builds a model from tensors in this layout, one parameter at a time.</summary>
    /// <param name="engine">Where the model shall live.</param>
    /// <param name="config">A model of this family.</param>
    /// <param name="precision">How its numbers are stored.</param>
    /// <param name="read">Gives all elements of a tensor among <see cref="Tensors"/>, in the layout's order; asked for each once.</param>
    /// <returns>The model, to be disposed.</returns>
    public Gpt Build(Engine engine, GptConfig config, Precision precision, Func<ModelTensor, double[]> read)
    {
        var model = new Gpt(engine, config, precision);
        try
        {
            foreach (var packed in Tensors(config).GroupBy(tensor => tensor.ParameterName))
            {
                Write(model, model.Arena.PreciseValues!, [.. packed.Select(tensor => (tensor, read(tensor)))]);
            }

            model.Arena.RoundMasterWeights();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Takes one tensor out of a buffer over a model's parameters, in the file's layout.</summary>
    /// <param name="model">The model.</param>
    /// <param name="buffer">Its values, gradients or moments.</param>
    /// <param name="tensor">Which one.</param>
    /// <returns>All elements, without the padding of the vocabulary.</returns>
    public static double[] Read(Gpt model, ParameterBuffer buffer, ModelTensor tensor)
    {
        double[] parameter = buffer[Parameter(model, tensor)].ToDoubles();
        double[] values = parameter.AsSpan(FirstElement(tensor), Count(tensor)).ToArray();
        return tensor.IsTransposed ? Transpose(values, tensor.Shape[1], tensor.Shape[0]) : values;
    }

    /// <summary>Puts the tensors of one parameter, in the file's layout, into a buffer over a model's parameters; padding becomes zero.</summary>
    /// <param name="model">The model.</param>
    /// <param name="buffer">Its values, gradients or moments.</param>
    /// <param name="tensors">All that the parameter packs, each with all of its elements.</param>
    public static void Write(Gpt model, ParameterBuffer buffer, IReadOnlyList<(ModelTensor Tensor, double[] Values)> tensors)
    {
        Parameter parameter = Parameter(model, tensors[0].Tensor);
        var ours = new double[parameter.Value.Count];
        foreach ((ModelTensor tensor, double[] values) in tensors)
        {
            double[] rows = tensor.IsTransposed ? Transpose(values, tensor.Shape[0], tensor.Shape[1]) : values;
            rows.CopyTo(ours.AsSpan(FirstElement(tensor)));
        }

        buffer[parameter].UploadDoubles(ours);
    }

    /// <summary>Whether a tensor of this name is no parameter: a mask or table that old versions of transformers stored.</summary>
    internal abstract bool IsBuffer(string name);

    /// <summary>Checks that a model can be stored in this layout.</summary>
    /// <exception cref="ConfigurationException">It cannot; the sentence names what has no place.</exception>
    internal abstract void CheckRepresentable(GptConfig config);

    internal static void Refuse(string kind, params IEnumerable<(bool IsSet, string What, string Key)> options)
    {
        foreach ((bool isSet, string what, string key) in options)
        {
            if (isSet)
            {
                throw new ConfigurationException(
                    $"a model with {what} ({key}) cannot be stored as a Hugging Face {kind}, which has no place for it.", key);
            }
        }
    }

    private static Parameter Parameter(Gpt model, ModelTensor tensor) =>
        model.Arena.Parameters.Single(parameter => parameter.Name == tensor.ParameterName);

    private static int Count(ModelTensor tensor) => checked((int)tensor.Shape.Aggregate(1L, (count, length) => checked(count * length)));

    private static int FirstElement(ModelTensor tensor) => checked((int)(tensor.FirstRow * (tensor.Shape.Count == 1 ? 1 : tensor.Shape[^1])));

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
