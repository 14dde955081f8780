namespace GptSharp.Tensors.Backends.Reference;

/// <summary>Where things are in packed queries, keys and values (B, T, (H + 2 G) D).</summary>
internal readonly struct PackedHeads
{
    private readonly AttentionForm _form;

    public PackedHeads(Tensor qkv, in AttentionForm form)
    {
        _form = form;
        Batch = qkv.Shape[0];
        Time = qkv.Shape[1];
        HeadSize = form.HeadSize(qkv.Shape[2]);
        Scale = 1 / Math.Sqrt(HeadSize);
    }

    public int Batch { get; }

    public int Time { get; }

    public int HeadSize { get; }

    public double Scale { get; }

    public long Query(int b, int h, int t, int d) => Packed(b, t, h, d);

    /// <summary>The key that query head h reads.</summary>
    public long Key(int b, int h, int t, int d) => Packed(b, t, _form.HeadCount + (h / _form.GroupSize), d);

    /// <summary>The value that query head h reads.</summary>
    public long Value(int b, int h, int t, int d) => Packed(b, t, _form.HeadCount + _form.KeyHeadCount + (h / _form.GroupSize), d);

    /// <summary>Column d of any head, counted over queries, keys and values.</summary>
    public long Packed(int b, int t, int head, int d) =>
        (((((long)b * Time) + t) * (_form.HeadCount + (2 * _form.KeyHeadCount))) + head) * HeadSize + d;

    public long Output(int b, int h, int t, int d) => (((((long)b * Time) + t) * _form.HeadCount) + h) * HeadSize + d;

    public long Row(int b, int h, int t) => ((((long)b * _form.HeadCount) + h) * Time) + t;

    /// <summary>The number of an attention weight within its sample: the key of its dropout.</summary>
    public long Element(int h, int i, int j) => ((((long)h * Time) + i) * Time) + j;
}
