namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>How work is cut: by its own size only, never by the number of threads.</summary>
internal static class Parts
{
    /// <summary>Parts of <paramref name="partLength"/> that cover <paramref name="length"/>.</summary>
    public static int Count(long length, long partLength) => checked((int)((length + partLength - 1) / partLength));

    /// <summary>Rows per part, so that a part touches about <paramref name="elements"/> elements and at least one row.</summary>
    public static int RowsOf(int rowLength, int elements) => Math.Max(1, elements / Math.Max(1, rowLength));
}
