namespace GptSharp.Tensors.Backends.Reference;

/// <summary>Where things are in packed queries, keys and values (B, T, 3 H D).</summary>
internal readonly struct PackedHeads
{
    private readonly int _heads;

    public PackedHeads(Tensor qkv, int headCount)
    {
        _heads = headCount;
        Batch = qkv.Shape[0];
        Time = qkv.Shape[1];
        HeadSize = qkv.Shape[2] / (3 * headCount);
        Scale = 1 / Math.Sqrt(HeadSize);
    }

    public int Batch { get; }

    public int Time { get; }

    public int HeadSize { get; }

    public double Scale { get; }

    public long Query(int b, int h, int t, int d) => Packed(b, t, 0, h, d);

    public long Key(int b, int h, int t, int d) => Packed(b, t, 1, h, d);

    public long Value(int b, int h, int t, int d) => Packed(b, t, 2, h, d);

    public long Output(int b, int h, int t, int d) => (((((long)b * Time) + t) * _heads) + h) * HeadSize + d;

    public long Row(int b, int h, int t) => ((((long)b * _heads) + h) * Time) + t;

    /// <summary>The number of an attention weight within its sample: the key of its dropout.</summary>
    public long Element(int h, int i, int j) => ((((long)h * Time) + i) * Time) + j;

    private long Packed(int b, int t, int part, int h, int d) =>
        (((((((long)b * Time) + t) * 3) + part) * _heads) + h) * HeadSize + d;
}
