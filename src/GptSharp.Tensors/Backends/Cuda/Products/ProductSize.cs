namespace GptSharp.Tensors.Backends.Cuda.Products;

/// <summary>A product C (M, N) = A (M, K) B (K, N).</summary>
/// <param name="M">Rows of the result.</param>
/// <param name="N">Columns of the result.</param>
/// <param name="K">Terms of each sum.</param>
/// <param name="Form">How the operands lie.</param>
internal readonly record struct ProductSize(long M, long N, long K, ProductForm Form)
{
    /// <summary>Distance of A's rows and of its columns, in elements.</summary>
    public (long Row, long Step) StridesOfA => Form == ProductForm.TN ? (1, M) : (K, 1);

    /// <summary>Distance of B's columns and of its rows, in elements.</summary>
    public (long Row, long Step) StridesOfB => Form == ProductForm.NT ? (K, 1) : (1, N);

    /// <summary>Elements of the longer row of the operands, as they lie in memory.</summary>
    public long RowOfOperands => Form switch
    {
        ProductForm.NT => K,
        ProductForm.NN => Math.Max(K, N),
        _ => Math.Max(M, N),
    };

    /// <summary>Whether rows of operands and result are whole packs of 16 bytes of a type.</summary>
    public bool HasWholePacks(DType type)
    {
        int pack = 16 / type.Size();
        return N % pack == 0 && (Form == ProductForm.TN ? M : K) % pack == 0;
    }
}

/// <summary>
/// How the operands of a product lie: the first letter for A, the second for B; T where the matrix is the transpose of what lies in memory
/// row by row.
/// </summary>
internal enum ProductForm
{
    /// <summary>x Wᵀ: both along k.</summary>
    NT,

    /// <summary>dy W: A along k, B across it.</summary>
    NN,

    /// <summary>dyᵀ x: both across k.</summary>
    TN,
}
