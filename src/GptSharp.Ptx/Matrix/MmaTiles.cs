using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>Matrix products of a warp, as the functions of <see cref="MatrixOperation"/>.</summary>
internal static unsafe class MmaTiles
{
    private const int RegisterBytes = Lanes.Count * sizeof(uint);
    private const int MaximumRegisters = 32;

    /// <summary>One tile, fast model, single-precision accumulators: the form that matters for speed.</summary>
    public static void Single<TFactor>(byte* registers, int* offsets, byte* rows, int control)
        where TFactor : struct, IFactor
    {
        // The control argument is the number of registers of B.
        int* a = offsets + 4;
        int* b = a + (2 * control);
        FastTile.Compute<TFactor>(registers, offsets, a, b, b + control, control, halfC: false, halfD: false);
    }

    /// <summary>Any number of tiles, any accumulators, any model: a packed <see cref="MmaControl"/>.</summary>
    public static void Any<TFactor>(byte* registers, int* offsets, byte* rows, int control)
        where TFactor : struct, IFactor
    {
        // With several tiles D may lie where a later tile still reads: all of it happens in a copy.
        MmaControl form = MmaControl.Unpack(control);
        byte* copy = stackalloc byte[MaximumRegisters * RegisterBytes];
        int* places = stackalloc int[MaximumRegisters];
        int count = form.DCount + form.ACount + form.BCount + form.CCount;
        for (int index = 0; index < count; index++)
        {
            places[index] = index * RegisterBytes;
            if (index >= form.DCount)
            {
                Buffer.MemoryCopy(registers + offsets[index], copy + places[index], RegisterBytes, RegisterBytes);
            }
        }

        int* d = places;
        int* left = d + form.DCount;
        int* right = left + form.ACount;
        int* c = right + form.BCount;
        if (form.Transposed)
        {
            int* exchanged = left;
            left = right;
            right = exchanged;
        }

        for (int tile = 0; tile < form.RowTiles * form.ColumnTiles; tile++)
        {
            int* a = left + (tile / form.ColumnTiles * 2 * form.Steps);
            int* b = right + (tile % form.ColumnTiles * form.Steps);
            int* tileC = c + (tile * (form.HalfC ? 2 : 4));
            int* tileD = d + (tile * (form.HalfD ? 2 : 4));
            if (form.Model == MmaModel.Fast)
            {
                FastTile.Compute<TFactor>(copy, tileD, a, b, tileC, form.Steps, form.HalfC, form.HalfD);
            }
            else
            {
                ExactTile.Compute<TFactor>(copy, tileD, a, b, tileC, form.Steps, form.HalfC, form.HalfD, form.Model);
            }
        }

        for (int index = 0; index < form.DCount; index++)
        {
            Buffer.MemoryCopy(copy + places[index], registers + offsets[index], RegisterBytes, RegisterBytes);
        }
    }
}
