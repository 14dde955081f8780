namespace GptSharp.Ptx.Matrix;

/// <summary>
/// The shape of a wmma instruction, and how it falls into mma tiles of 16 rows and 8 columns. The shape with 8 rows is computed as its
/// transpose: Dᵀ = Bᵀ · Aᵀ + Cᵀ.
/// </summary>
/// <param name="Rows">Rows of A, C, D.</param>
/// <param name="Columns">Columns of B, C, D.</param>
/// <param name="Depth">Columns of A and rows of B.</param>
internal readonly record struct WmmaShape(int Rows, int Columns, int Depth)
{
    /// <summary>True for the shape that is computed as its transpose.</summary>
    public bool IsTransposed => Rows == 8;

    /// <summary>Tiles one above the other, after transposition.</summary>
    public int RowTiles => (IsTransposed ? Columns : Rows) / 16;

    /// <summary>Tiles side by side, after transposition.</summary>
    public int ColumnTiles => (IsTransposed ? Rows : Columns) / 8;

    /// <summary>The shape of that name, or null.</summary>
    public static WmmaShape? Parse(string? name) => name switch
    {
        "m16n16k16" => new(16, 16, 16),
        "m32n8k16" => new(32, 8, 16),
        "m8n32k16" => new(8, 32, 16),
        "m16n16k8" => new(16, 16, 8),
        _ => null,
    };
}
