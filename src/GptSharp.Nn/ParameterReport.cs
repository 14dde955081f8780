namespace GptSharp.Nn;

/// <summary>One kind of parameter tensor of a model.</summary>
/// <param name="Component">Part of the model it belongs to, for example <c>attention</c>.</param>
/// <param name="Name">What it is within that part, for example <c>query-key-value weight</c>.</param>
/// <param name="Rows">First dimension, or the only one of a vector.</param>
/// <param name="Columns">Second dimension, or null for a vector.</param>
/// <param name="Copies">How many of them the model has: the layer count inside a block, otherwise 1.</param>
public sealed record ParameterEntry(string Component, string Name, int Rows, int? Columns, int Copies)
{
    /// <summary>Numbers in all copies together.</summary>
    public long Count => checked((long)Rows * (Columns ?? 1) * Copies);

    /// <summary>The shape of one copy, as in <c>(768, 2304)</c>.</summary>
    public string Shape => Columns is null ? $"({Rows})" : $"({Rows}, {Columns})";
}

/// <summary>
/// Parameters of a <see cref="GptConfig"/> by component, from the formula rather than from a built model: the logical vocabulary
/// counts, its padding does not, and a tied head counts once.
/// </summary>
public sealed class ParameterReport
{
    /// <summary>Counts the parameters of a valid configuration.</summary>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="ConfigurationException">The configuration is impossible.</exception>
    public ParameterReport(GptConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Entries = [.. Enumerate(config)];
        Total = Entries.Sum(entry => entry.Count);
    }

    /// <summary>Every kind of tensor, in the order of the forward pass.</summary>
    public IReadOnlyList<ParameterEntry> Entries { get; }

    /// <summary>All parameters.</summary>
    public long Total { get; }

    /// <summary>Parameters other than the embeddings and an untied head: N in the scaling laws of Kaplan et al. 2020 (arXiv:2001.08361).</summary>
    public long NonEmbedding => Entries.Where(entry => entry.Component is not ("embedding" or "head")).Sum(entry => entry.Count);

    private static IEnumerable<ParameterEntry> Enumerate(GptConfig config)
    {
        int width = config.Width;
        int layers = config.LayerCount;
        yield return new("embedding", "token weight", config.VocabularySize, width, 1);
        if (config.Positions == PositionEncoding.Learned)
        {
            yield return new("embedding", "position weight", config.BlockSize, width, 1);
        }

        // A linear layer's shape is written as (inputs, outputs), the way GPT-2's files store it.
        int mixed = checked(config.HeadCount * config.HeadSize);
        bool isGated = config.Activation.IsGated();
        IEnumerable<ParameterEntry>[] parts =
        [
            Norm("attention norm", layers),
            Linear("attention", "query-key-value", width, config.PackedWidth, config.QkvBias),
            config.QkNorm ? [HeadNorm("query norm"), HeadNorm("key norm")] : [],
            Linear("attention", "output", mixed, width, config.Bias),
            config.Parallel ? [] : Norm("mlp norm", layers),
            Linear("mlp", isGated ? "gate and up" : "up", width, isGated ? 2 * config.MlpWidth : config.MlpWidth, config.MlpBias),
            Linear("mlp", "down", config.MlpWidth, width, config.MlpBias),
            Norm("final norm", 1),
        ];
        foreach (ParameterEntry entry in parts.SelectMany(part => part))
        {
            yield return entry;
        }

        if (!config.TieHead)
        {
            yield return new("head", "weight", width, config.VocabularySize, 1);
        }

        IEnumerable<ParameterEntry> Norm(string component, int copies)
        {
            yield return new(component, "weight", width, null, copies);
            if (config.Bias && config.Norm == NormKind.LayerNorm)
            {
                yield return new(component, "bias", width, null, copies);
            }
        }

        ParameterEntry HeadNorm(string name) => new("attention", $"{name} weight", config.HeadSize, null, layers);

        IEnumerable<ParameterEntry> Linear(string component, string name, int inputs, int outputs, bool bias)
        {
            yield return new(component, $"{name} weight", inputs, outputs, layers);
            if (bias)
            {
                yield return new(component, $"{name} bias", outputs, null, layers);
            }
        }
    }
}
