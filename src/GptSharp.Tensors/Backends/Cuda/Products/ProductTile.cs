namespace GptSharp.Tensors.Backends.Cuda.Products;

/// <summary>How a matrix product's result is divided among blocks of threads: the variants that each product's kernel has.</summary>
internal enum ProductTile
{
    /// <summary>64 x 64, element by element, for operands that lie in any way: <c>kernels/product_any.cu</c>.</summary>
    Any,

    /// <summary>One row of x and 8 of the weight, one per warp, of x Wᵀ only: <c>kernels/few_rows.cuh</c>.</summary>
    Tile1x8,

    /// <summary>Up to 4 rows of x, 2 of the weight per warp.</summary>
    Tile4x16,

    /// <summary>Up to 16 rows of x, 2 of the weight per warp.</summary>
    Tile16x16,

    /// <summary>64 x 64.</summary>
    Tile64x64,

    /// <summary>128 x 128.</summary>
    Tile128x128,

    /// <summary>128 x 256, of BF16 only.</summary>
    Tile128x256,
}

/// <summary>A tile's sizes: those of <c>kernels/matrix_product_bf16.cuh</c> and <c>kernels/matrix_product_f32.cuh</c>.</summary>
/// <param name="Rows">Rows of the result that a block owns.</param>
/// <param name="Columns">Columns of the result that a block owns.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block: the ring of k-blocks.</param>
internal readonly record struct TileSizes(int Rows, int Columns, int Threads, int SharedBytes)
{
    /// <summary>The sizes of a tile for operands of a type.</summary>
    public static TileSizes Of(ProductTile tile, DType type) => (tile, type) switch
    {
        (ProductTile.Any, _) => new(64, 64, 256, 0),
        (ProductTile.Tile1x8, _) => new(1, 8, 256, 0),
        (ProductTile.Tile4x16, _) => new(4, 16, 256, 0),
        (ProductTile.Tile16x16, _) => new(16, 16, 256, 0),
        (ProductTile.Tile64x64, DType.BF16) => Halves(64, 64, 128),
        (ProductTile.Tile128x128, DType.BF16) => Halves(128, 128, 256),
        (ProductTile.Tile128x256, DType.BF16) => Halves(128, 256, 256),
        (ProductTile.Tile64x64, _) => Singles(64, 64, 128),
        _ => Singles(128, 128, 256),
    };

    /// <summary>Blocks that cover a result.</summary>
    public long Blocks(ProductSize size) => ((size.M + Rows - 1) / Rows) * ((size.N + Columns - 1) / Columns);

    // Three stages of 64 of k, two bytes each.
    private static TileSizes Halves(int rows, int columns, int threads) => new(rows, columns, threads, 3 * (rows + columns) * 64 * 2);

    // Two stages of 8 of k, four bytes each, with four elements more than the tile has.
    private static TileSizes Singles(int rows, int columns, int threads) => new(rows, columns, threads, 2 * 8 * (rows + 4 + columns + 4) * 4);
}
