namespace GptSharp.Ptx;

/// <summary>Three extents or three coordinates, as CUDA's dim3.</summary>
/// <param name="X">The fastest axis.</param>
/// <param name="Y">The second axis.</param>
/// <param name="Z">The slowest axis.</param>
public readonly record struct Dimensions(int X, int Y = 1, int Z = 1)
{
    /// <summary>The product of the three extents.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>The coordinates of the item with that number, when X runs fastest.</summary>
    /// <param name="index">Number of the item, below <see cref="Count"/>.</param>
    public Dimensions At(long index) => new((int)(index % X), (int)(index / X % Y), (int)(index / X / Y));

    /// <summary>For messages: <c>(3,0,0)</c>.</summary>
    public override string ToString() => $"({X},{Y},{Z})";
}
