namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>How a factor of a product lies in memory.</summary>
internal enum Operand
{
    /// <summary>Row-major as it is multiplied.</summary>
    AsIs,

    /// <summary>Row-major as its transpose.</summary>
    Transposed,
}

/// <summary>A factor, stored as float or BF16: its address, its leading dimension and how it lies in memory.</summary>
internal readonly unsafe struct Factor<TStorage>(TStorage* data, int stride, Operand layout)
    where TStorage : unmanaged
{
    public TStorage* Data { get; } = data;

    public int Stride { get; } = stride;

    public Operand Layout { get; } = layout;

    /// <summary>Address of element (row, column) of the factor as it is multiplied.</summary>
    public TStorage* At(int row, int column) => Layout == Operand.AsIs
        ? Data + ((long)row * Stride) + column
        : Data + ((long)column * Stride) + row;

    /// <summary>Its rows from <paramref name="row"/> on, as lines of terms from <paramref name="term"/> on: the left factor.</summary>
    public Lines<TStorage> Rows(int row, int term) =>
        new(At(row, term), Layout == Operand.AsIs ? Stride : 1, Layout == Operand.AsIs ? 1 : Stride);

    /// <summary>Its columns from <paramref name="column"/> on, as lines of terms from <paramref name="term"/> on: the right factor.</summary>
    public Lines<TStorage> Columns(int column, int term) =>
        new(At(term, column), Layout == Operand.AsIs ? 1 : Stride, Layout == Operand.AsIs ? Stride : 1);
}

/// <summary>Lines of a factor: line i's term p is at data[i lineStride + p termStride]; one of the strides is 1.</summary>
internal readonly unsafe struct Lines<TStorage>(TStorage* data, long lineStride, long termStride)
    where TStorage : unmanaged
{
    public TStorage* Data { get; } = data;

    public long LineStride { get; } = lineStride;

    public long TermStride { get; } = termStride;
}
