namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// What an <see cref="AttentionForm"/> asks beyond its heads, as the kernels want it. Scores count in powers of two there, so caps and
/// slopes come multiplied by log2 e. The default asks for nothing: plain causal attention.
/// </summary>
internal readonly unsafe struct AttentionRules
{
    private readonly AttentionForm _form;
    private readonly int* _documentStarts;

    /// <param name="form">Window, soft cap, ALiBi; its heads are those of the <see cref="AttentionShape"/>.</param>
    /// <param name="documentStarts">(B, QueryCount): the first key of each query's document, or null.</param>
    public AttentionRules(in AttentionForm form, int* documentStarts)
    {
        _form = form;
        _documentStarts = documentStarts;
    }

    /// <summary>Scores are capped.</summary>
    public bool Caps => _form.SoftCap != 0;

    /// <summary>Scores fall with the distance.</summary>
    public bool Leans => _form.Alibi;

    /// <summary>The softmax sees other numbers than the products.</summary>
    public bool ChangesScores => Caps || Leans;

    /// <summary>c log2 e.</summary>
    public float Cap => (float)(_form.SoftCap / Math.Log(2));

    /// <summary>1 / (c log2 e).</summary>
    public float InverseCap => (float)(Math.Log(2) / _form.SoftCap);

    /// <summary>m log2 e of a query head.</summary>
    public float Slope(int head) => _form.Alibi ? (float)(_form.AlibiSlope(head) / Math.Log(2)) : 0;

    /// <summary>The first key that a query sees; it never comes after the query's own.</summary>
    /// <param name="row">b QueryCount + the query's number in its sample.</param>
    /// <param name="position">Where the query stands.</param>
    public int FirstKey(long row, int position)
    {
        int document = _documentStarts == null ? 0 : _documentStarts[row];
        return _form.Window == 0 ? document : Math.Max(document, position - _form.Window + 1);
    }
}
