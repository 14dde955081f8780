using GptSharp.Tensors;

namespace GptSharp.Training.Accounting;

/// <summary>Adds up what the operations of an engine cost; set as <see cref="Engine.Observer"/>.</summary>
public sealed class FlopCounter : IOpObserver
{
    private readonly Dictionary<(OpInfo Info, bool IsReplay), OpTotal> _totals = [];

    /// <summary>The sums so far, one per operation, what is computed again apart; largest first.</summary>
    public IReadOnlyList<OpTotal> Totals => [.. _totals.Values.OrderByDescending(total => total.Flops)];

    /// <summary>The sum of everything.</summary>
    public FlopCount Count => new(
        Model: _totals.Values.Where(total => !total.IsReplay).Sum(total => total.ModelFlops),
        Linear: _totals.Values.Where(total => !total.IsReplay && !total.IsAttention).Sum(total => total.ProductFlops),
        Attention: _totals.Values.Where(total => !total.IsReplay && total.IsAttention).Sum(total => total.ProductFlops),
        Recompute: _totals.Values.Where(total => total.IsReplay).Sum(total => total.ProductFlops),
        Other: _totals.Values.Sum(total => total.Flops - total.ProductFlops),
        Bytes: _totals.Values.Sum(total => total.Bytes));

    /// <inheritdoc/>
    public void OnStarting(OpInfo info, in TensorList operands)
    {
    }

    /// <inheritdoc/>
    public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
    {
        if (!_totals.TryGetValue((info, isReplay), out OpTotal? total))
        {
            _totals.Add((info, isReplay), total = new OpTotal(info.Name, isReplay));
        }

        total.Add(cost);
    }
}

/// <summary>What all calls of one operation cost together.</summary>
/// <param name="name">The operation.</param>
/// <param name="isReplay">Whether backward computes it again.</param>
public sealed class OpTotal(string name, bool isReplay)
{
    /// <summary>The operation.</summary>
    public string Name { get; } = name;

    /// <summary>Whether these are calls with which backward computes again what was not kept.</summary>
    public bool IsReplay { get; } = isReplay;

    /// <summary>How often it ran.</summary>
    public long Calls { get; private set; }

    /// <summary>Floating-point operations executed.</summary>
    public double Flops { get; private set; }

    /// <summary>Of these, the matrix products'.</summary>
    public double ProductFlops { get; private set; }

    /// <summary>What the model asks for.</summary>
    public double ModelFlops { get; private set; }

    /// <summary>Bytes that have to move.</summary>
    public double Bytes { get; private set; }

    internal bool IsAttention => Name.Contains("attention", StringComparison.Ordinal);

    internal void Add(in OpCost cost)
    {
        Calls++;
        Flops += cost.Flops;
        ProductFlops += cost.ProductFlops;
        ModelFlops += cost.ModelFlops;
        Bytes += cost.Bytes;
    }
}

/// <summary>Floating-point operations of a step, or of a token of it.</summary>
/// <param name="Model">Matrix products that the model asks for: the numerator of MFU.</param>
/// <param name="Linear">Executed products of linear layers, padding of the vocabulary included.</param>
/// <param name="Attention">Executed products of attention: the causal half, and backward's second computation of the scores.</param>
/// <param name="Recompute">Executed products with which backward computes again what was not kept.</param>
/// <param name="Other">Everything that is no matrix product.</param>
/// <param name="Bytes">Bytes that have to move.</param>
public readonly record struct FlopCount(double Model, double Linear, double Attention, double Recompute, double Other, double Bytes)
{
    /// <summary>Products that are executed: the numerator of HFU.</summary>
    public double Hardware => Linear + Attention + Recompute;

    /// <summary>The same per token.</summary>
    public FlopCount Per(double tokens) => new(Model / tokens, Linear / tokens, Attention / tokens, Recompute / tokens, Other / tokens, Bytes / tokens);
}
