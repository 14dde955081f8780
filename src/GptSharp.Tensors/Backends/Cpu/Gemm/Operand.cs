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
}
