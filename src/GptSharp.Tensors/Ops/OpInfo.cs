namespace GptSharp.Tensors;

/// <summary>
/// The fixed facts of an operation: its name, its operands' names (outputs first) and the table of storage types it takes.
/// </summary>
public sealed class OpInfo
{
    private readonly string[] _operands;
    private readonly DType[][] _signatures;
    private string? _arranged;

    /// <summary>
    /// Declares an operation, for example
    /// <c>new OpInfo("embedding", "y &lt;- tokens weight", "F32 &lt;- I32 F32", "F64 &lt;- I32 F64")</c>.
    /// </summary>
    /// <param name="name">The operation's name in errors, profiles and reports.</param>
    /// <param name="operands">Operand names, outputs left of the arrow.</param>
    /// <param name="signatures">One storage type per operand, in the same order; one string per accepted combination.</param>
    public OpInfo(string name, string operands, params ReadOnlySpan<string> signatures)
    {
        Name = name;
        _operands = Split(operands);
        OutputCount = operands.Split("<-")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        _signatures = new DType[signatures.Length][];
        for (int i = 0; i < signatures.Length; i++)
        {
            _signatures[i] = Array.ConvertAll(Split(signatures[i]), Enum.Parse<DType>);
            if (_signatures[i].Length != _operands.Length)
            {
                throw new ArgumentException($"{name}: signature \"{signatures[i]}\" does not match operands \"{operands}\".");
            }
        }
    }

    /// <summary>The operation's name.</summary>
    public string Name { get; }

    /// <summary>How many of the operands are outputs.</summary>
    public int OutputCount { get; }

    /// <summary>Names of all operands, outputs first.</summary>
    public IReadOnlyList<string> Operands => _operands;

    /// <summary>Accepted combinations of storage types.</summary>
    public IReadOnlyList<IReadOnlyList<DType>> Signatures => _signatures;

    /// <summary>
    /// Declares an operation by a pattern of storage types, for example
    /// <c>OpInfo.Of("layernorm backward", "dx dWeight &lt;- dy x weight rstd", "A G &lt;- A A A S")</c>: A is the type of activations
    /// and parameters (F32, BF16, F64), S that of statistics beside it (<see cref="DTypeExtensions.Statistics"/>) and G the type of a
    /// parameter's gradient, either of the two. Other words name one type.
    /// </summary>
    /// <param name="name">The operation's name in errors, profiles and reports.</param>
    /// <param name="operands">Operand names, outputs left of the arrow.</param>
    /// <param name="pattern">One letter or type per operand, in the same order.</param>
    public static OpInfo Of(string name, string operands, string pattern)
    {
        List<string> signatures = [];
        foreach (DType activation in (DType[])[DType.F32, DType.BF16, DType.F64])
        {
            DType statistics = activation.Statistics();
            foreach (DType gradient in (DType[])[statistics, activation])
            {
                string signature = string.Join(' ', Split(pattern).Select(word => word switch
                {
                    "A" => activation.ToString(),
                    "S" => statistics.ToString(),
                    "G" => gradient.ToString(),
                    _ => word,
                }));
                if (!signatures.Contains(signature))
                {
                    signatures.Add(signature);
                }
            }
        }

        return new OpInfo(name, operands, [.. signatures]);
    }

    /// <summary>An operation whose operands all have the same type, any float type.</summary>
    public static OpInfo Floats(string name, string operands) =>
        Of(name, operands, string.Join(' ', Split(operands).Select(_ => "A")));

    /// <summary>Says of an operand that it may be a weight in the backend's own order, see <see cref="IBackend.Arrange"/>.</summary>
    internal OpInfo ReadsArranged(string operand)
    {
        _arranged = operand;
        return this;
    }

    /// <summary>Checks that no operand is a weight in the backend's own order but where the operation knows of that.</summary>
    /// <exception cref="TensorException">One is: its numbers would be taken for others.</exception>
    internal void CheckOrder(in TensorList operands, IBackend backend)
    {
        for (int i = 0; i < operands.Count; i++)
        {
            if (!operands[i].IsNone && _operands[i] != _arranged && backend.IsArranged(operands[i].Address, operands[i].Bytes))
            {
                throw new TensorException(
                    $"{Name}: {_operands[i]}, {operands[i]}, is laid out for generating, and only forward passes of linear layers and of the "
                    + "embedding read it so; end the generation first (dispose of what Gpt.ArrangeWeights returned).");
            }
        }
    }

    /// <summary>Checks storage types and that every operand is alive.</summary>
    /// <exception cref="TensorException">No signature fits; the message lists those that would.</exception>
    internal void Check(in TensorList operands, IBackend backend)
    {
        foreach (DType[] signature in _signatures)
        {
            if (Fits(signature, operands))
            {
                foreach (DType type in signature)
                {
                    if (!backend.Supports(type))
                    {
                        throw new TensorException($"{Name}: the {backend.Name} backend does not store {type}; use the reference backend.");
                    }
                }

                return;
            }
        }

        throw new TensorException(
            $"{Name}: no signature takes ({Describe(operands)}); accepted: "
            + $"{string.Join("; ", _signatures.Select(s => string.Join(' ', s)))}.");
    }

    private static string[] Split(string text) =>
        text.Replace("<-", " ", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool Fits(DType[] signature, in TensorList operands)
    {
        for (int i = 0; i < signature.Length; i++)
        {
            if (!operands[i].IsNone && operands[i].DType != signature[i])
            {
                return false;
            }
        }

        return true;
    }

    private string Describe(in TensorList operands)
    {
        var parts = new string[_operands.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = $"{_operands[i]}: {operands[i]}";
        }

        return string.Join(", ", parts);
    }
}
