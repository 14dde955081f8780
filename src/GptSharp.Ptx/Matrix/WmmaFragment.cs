using System.Collections.Concurrent;
using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>The matrices of a wmma instruction.</summary>
internal enum WmmaMatrix
{
    /// <summary>The left factor.</summary>
    A,

    /// <summary>The right factor.</summary>
    B,

    /// <summary>The accumulator, read or written.</summary>
    Accumulator,
}

/// <summary>
/// Where the elements of a wmma matrix lie: in memory, as rows or columns one after the other, and in the registers of the lanes.
/// <para>
/// PTX leaves the registers' layout open. Here it is that of the mma tiles the matrix consists of, one after the other; registers
/// that the type has beyond that (f16 factors always take eight) repeat the first ones, so that operating on all registers alike
/// keeps a fragment consistent.
/// </para>
/// </summary>
internal sealed unsafe class WmmaFragment
{
    private static readonly ConcurrentDictionary<(WmmaMatrix, WmmaShape, NumberType, bool), int> Indices = new();
    private static readonly Lock AllLock = new();
    private static WmmaFragment[] _all = [];

    // Element index in memory order, by register, lane, half.
    private readonly int[] _places;
    private readonly int _perRegister;

    private WmmaFragment(WmmaMatrix matrix, WmmaShape shape, NumberType type, bool columnMajor)
    {
        (int rows, int columns) = Size(matrix, shape);
        _perRegister = type.Bits() == 16 ? 2 : 1;
        Registers = RegisterCount(matrix, shape, type);
        int distinct = DistinctRegisters(matrix, shape, type);
        _places = new int[Registers * Lanes.Count * _perRegister];
        for (int register = 0; register < Registers; register++)
        {
            for (int lane = 0; lane < Lanes.Count; lane++)
            {
                for (int part = 0; part < _perRegister; part++)
                {
                    (int row, int column) = Element(matrix, shape, type, register % distinct, lane, part);
                    _places[(((register * Lanes.Count) + lane) * _perRegister) + part] = columnMajor ? (column * rows) + row : (row * columns) + column;
                }
            }
        }
    }

    /// <summary>Registers per lane.</summary>
    public int Registers { get; }

    /// <summary>Rows and columns.</summary>
    public static (int Rows, int Columns) Size(WmmaMatrix matrix, WmmaShape shape) => matrix switch
    {
        WmmaMatrix.A => (shape.Rows, shape.Depth),
        WmmaMatrix.B => (shape.Depth, shape.Columns),
        _ => (shape.Rows, shape.Columns),
    };

    /// <summary>Registers that a fragment has.</summary>
    public static int RegisterCount(WmmaMatrix matrix, WmmaShape shape, NumberType type) =>
        matrix != WmmaMatrix.Accumulator && type == NumberType.F16 ? 8 : DistinctRegisters(matrix, shape, type);

    /// <summary>Registers with elements of their own.</summary>
    public static int DistinctRegisters(WmmaMatrix matrix, WmmaShape shape, NumberType type)
    {
        (int rows, int columns) = Size(matrix, shape);
        return rows * columns / (Lanes.Count * (type.Bits() == 16 ? 2 : 1));
    }

    /// <summary>The control argument of <see cref="Load"/> and <see cref="Store"/> for a matrix.</summary>
    public static int Index(WmmaMatrix matrix, WmmaShape shape, NumberType type, bool columnMajor) =>
        Indices.GetOrAdd((matrix, shape, type, columnMajor), static key =>
        {
            var added = new WmmaFragment(key.Item1, key.Item2, key.Item3, key.Item4);
            lock (AllLock)
            {
                _all = [.. _all, added];
                return _all.Length - 1;
            }
        });

    /// <summary>Registers from the rows (or columns) that were loaded.</summary>
    public static void Load(byte* registers, int* offsets, byte* rows, int control)
    {
        WmmaFragment fragment = _all[control];
        int place = 0;
        for (int register = 0; register < fragment.Registers; register++)
        {
            uint* to = (uint*)(registers + offsets[register]);
            for (int lane = 0; lane < Lanes.Count; lane++)
            {
                if (fragment._perRegister == 2)
                {
                    uint low = ((ushort*)rows)[fragment._places[place++]];
                    to[lane] = low | ((uint)((ushort*)rows)[fragment._places[place++]] << 16);
                }
                else
                {
                    to[lane] = ((uint*)rows)[fragment._places[place++]];
                }
            }
        }
    }

    /// <summary>Rows (or columns), to be stored, from registers.</summary>
    public static void Store(byte* registers, int* offsets, byte* rows, int control)
    {
        WmmaFragment fragment = _all[control];
        int place = 0;
        for (int register = 0; register < fragment.Registers; register++)
        {
            uint* from = (uint*)(registers + offsets[register]);
            for (int lane = 0; lane < Lanes.Count; lane++)
            {
                if (fragment._perRegister == 2)
                {
                    ((ushort*)rows)[fragment._places[place++]] = (ushort)from[lane];
                    ((ushort*)rows)[fragment._places[place++]] = (ushort)(from[lane] >> 16);
                }
                else
                {
                    ((uint*)rows)[fragment._places[place++]] = from[lane];
                }
            }
        }
    }

    // The tables of mma's fragments, lane = 4g + t, with tiles counted by whole sets of registers.
    private static (int Row, int Column) Element(WmmaMatrix matrix, WmmaShape shape, NumberType type, int register, int lane, int part)
    {
        int g = lane >> 2;
        int t = lane & 3;
        int parts = type.Bits() == 16 ? 2 : 1;
        if (matrix == WmmaMatrix.Accumulator)
        {
            int perTile = 4 / parts;
            int tile = register / perTile;
            int index = ((register % perTile) * parts) + part;
            int row = g + (8 * (index >> 1)) + (shape.ColumnTiles == 1 ? 16 * tile : 0);
            int column = (2 * t) + (index & 1) + (shape.ColumnTiles == 1 ? 0 : 8 * tile);
            return shape.IsTransposed ? (column, row) : (row, column);
        }

        int steps = shape.Depth / (4 * parts);
        bool left = (matrix == WmmaMatrix.A) != shape.IsTransposed;
        int step = left ? (register >> 1) % steps : register % steps;
        int outer = left ? g + (8 * (register & 1)) + (16 * (register / (2 * steps))) : g + (8 * (register / steps));
        int k = (step * 4 * parts) + (t * parts) + part;
        return matrix == WmmaMatrix.A ? (outer, k) : (k, outer);
    }
}
