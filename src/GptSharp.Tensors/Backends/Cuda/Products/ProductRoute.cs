namespace GptSharp.Tensors.Backends.Cuda.Products;

/// <summary>
/// Which kernel computes a product. The choice depends on the sizes and on how operands are aligned, never on the GPU, so that the same
/// step gives the same bits everywhere.
/// </summary>
/// <remarks>
/// Larger tiles read less: per multiply-add a tile of R x C moves 1/R + 1/C elements from the second-level cache, and needs fewer
/// instructions besides. But a tile is the work of one block, and a GPU has some hundred multiprocessors to feed. So it is the largest tile
/// of which there are enough blocks; 64 x 64 where there are never enough. All tiles of a type add up a result's terms in the same order:
/// which one is chosen does not show in the bits. Up to 16 rows, in generation, the time is that of reading the weight: a warp takes one or two
/// of its rows, so that all multiprocessors read.
/// </remarks>
internal static class ProductRoute
{
    // An A100 has 108 multiprocessors, an H100 132, an RTX 4090 128.
    private const int EnoughBlocks = 108;

    // Below, a slice's loop is too short against its beginning and end; a whole number of k-blocks of every kernel.
    private const long ShortestSlice = 512, SliceUnit = 64;
    private const int MostSlices = 32;

    // Within a tile the kernels measure distances in 32 bits: 256 rows of so many elements of 4 bytes are 4 GB.
    private const long LongestRow = 1 << 22;

    /// <summary>The tile for a product.</summary>
    /// <param name="size">The product.</param>
    /// <param name="type">Type of the operands.</param>
    /// <param name="result">Type of the result.</param>
    /// <param name="aligned">Whether operands, result and what the epilogue reads begin at multiples of 16 bytes.</param>
    public static ProductTile Tile(ProductSize size, DType type, DType result, bool aligned)
    {
        if (size.Form == ProductForm.NT && size.M <= 16)
        {
            return size.M == 1 ? ProductTile.Tile1x8 : size.M <= 4 ? ProductTile.Tile4x16 : ProductTile.Tile16x16;
        }

        if (!aligned || !size.HasWholePacks(type) || !size.HasWholePacks(result) || size.RowOfOperands > LongestRow)
        {
            return ProductTile.Any;
        }

        for (ProductTile tile = Largest(type); tile > ProductTile.Tile64x64; tile--)
        {
            if (TileSizes.Of(tile, type).Blocks(size) * Slices(size, type, result) >= EnoughBlocks)
            {
                return tile;
            }
        }

        return ProductTile.Tile64x64;
    }

    /// <summary>The largest tile for operands of a type: 128 x 256 in binary32 would not fit into the registers.</summary>
    public static ProductTile Largest(DType type) => type == DType.BF16 ? ProductTile.Tile128x256 : ProductTile.Tile128x128;

    /// <summary>
    /// Into how many slices the sums of a weight's gradient are cut: as many as make enough blocks of 128 x 128, but none shorter than 512
    /// terms. 1 for every other product: their results are large where their sums are long.
    /// </summary>
    /// <param name="size">The product.</param>
    /// <param name="type">Type of the operands.</param>
    /// <param name="result">Type of the result.</param>
    public static int Slices(ProductSize size, DType type, DType result)
    {
        if (size.Form != ProductForm.TN || !size.HasWholePacks(type) || !size.HasWholePacks(result))
        {
            return 1;
        }

        long blocks = TileSizes.Of(ProductTile.Tile128x128, type).Blocks(size);
        long wanted = (EnoughBlocks + blocks - 1) / blocks;
        return (int)Math.Clamp(Math.Min(wanted, size.K / ShortestSlice), 1, MostSlices);
    }

    /// <summary>Terms of a slice: the last one may have fewer.</summary>
    public static int SliceLength(ProductSize size, int slices) =>
        checked((int)((size.K + (slices * SliceUnit) - 1) / (slices * SliceUnit) * SliceUnit));
}
