namespace GptSharp.Ptx.Matrix;

/// <summary>What an mma or wmma.mma function is told through its control argument.</summary>
/// <param name="Steps">Registers of B in a tile; A has twice as many.</param>
/// <param name="RowTiles">Tiles one above the other.</param>
/// <param name="ColumnTiles">Tiles side by side.</param>
/// <param name="Transposed">B takes the place of A and A that of B.</param>
/// <param name="HalfC">C is f16.</param>
/// <param name="HalfD">D is f16.</param>
/// <param name="ACount">Registers of A in the instruction.</param>
/// <param name="BCount">Registers of B in the instruction.</param>
/// <param name="Model">The arithmetic.</param>
internal readonly record struct MmaControl(
    int Steps, int RowTiles, int ColumnTiles, bool Transposed, bool HalfC, bool HalfD, int ACount, int BCount, MmaModel Model)
{
    /// <summary>Registers of C in the instruction.</summary>
    public int CCount => RowTiles * ColumnTiles * (HalfC ? 2 : 4);

    /// <summary>Registers of D in the instruction.</summary>
    public int DCount => RowTiles * ColumnTiles * (HalfD ? 2 : 4);

    /// <summary>As one number.</summary>
    public int Pack() =>
        Steps | (RowTiles << 3) | (ColumnTiles << 6) | (Transposed ? 1 << 9 : 0) | (HalfC ? 1 << 10 : 0) | (HalfD ? 1 << 11 : 0)
        | (ACount << 12) | (BCount << 16) | ((int)Model << 20);

    /// <summary>The inverse of <see cref="Pack"/>.</summary>
    public static MmaControl Unpack(int control) => new(
        control & 7, control >> 3 & 7, control >> 6 & 7, (control >> 9 & 1) != 0, (control >> 10 & 1) != 0, (control >> 11 & 1) != 0,
        control >> 12 & 15, control >> 16 & 15, (MmaModel)(control >> 20));
}
