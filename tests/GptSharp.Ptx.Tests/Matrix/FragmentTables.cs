namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>
/// The tables of the PTX manual for mma fragments, written out: for each register, the elements (row, column) that lane 4g + t holds,
/// low half first.
/// </summary>
internal static class FragmentTables
{
    /// <summary>Registers of A by shape and factor.</summary>
    public static (int Row, int Column)[][] A(string shape, string factor, int g, int t) => (shape, factor) switch
    {
        ("m16n8k16", _) =>
        [
            [(g, 2 * t), (g, (2 * t) + 1)],
            [(g + 8, 2 * t), (g + 8, (2 * t) + 1)],
            [(g, (2 * t) + 8), (g, (2 * t) + 9)],
            [(g + 8, (2 * t) + 8), (g + 8, (2 * t) + 9)],
        ],
        ("m16n8k8", "tf32") => [[(g, t)], [(g + 8, t)], [(g, t + 4)], [(g + 8, t + 4)]],
        ("m16n8k8", _) => [[(g, 2 * t), (g, (2 * t) + 1)], [(g + 8, 2 * t), (g + 8, (2 * t) + 1)]],
        _ => [[(g, t)], [(g + 8, t)]],
    };

    /// <summary>Registers of B by shape and factor; rows are k.</summary>
    public static (int Row, int Column)[][] B(string shape, string factor, int g, int t) => (shape, factor) switch
    {
        ("m16n8k16", _) => [[(2 * t, g), ((2 * t) + 1, g)], [((2 * t) + 8, g), ((2 * t) + 9, g)]],
        ("m16n8k8", "tf32") => [[(t, g)], [(t + 4, g)]],
        ("m16n8k8", _) => [[(2 * t, g), ((2 * t) + 1, g)]],
        _ => [[(t, g)]],
    };

    /// <summary>Registers of C and D.</summary>
    public static (int Row, int Column)[][] C(string type, int g, int t) => type == "f32"
        ? [[(g, 2 * t)], [(g, (2 * t) + 1)], [(g + 8, 2 * t)], [(g + 8, (2 * t) + 1)]]
        : [[(g, 2 * t), (g, (2 * t) + 1)], [(g + 8, 2 * t), (g + 8, (2 * t) + 1)]];

    /// <summary>Registers holding a matrix of bits, element by element as a table says.</summary>
    public static uint[][] Scatter(uint[,] matrix, Func<int, int, (int Row, int Column)[][]> table)
    {
        int registers = table(0, 0).Length;
        uint[][] result = [.. Enumerable.Range(0, registers).Select(_ => new uint[32])];
        for (int lane = 0; lane < 32; lane++)
        {
            (int Row, int Column)[][] places = table(lane / 4, lane % 4);
            for (int register = 0; register < registers; register++)
            {
                for (int part = 0; part < places[register].Length; part++)
                {
                    result[register][lane] |= matrix[places[register][part].Row, places[register][part].Column] << (16 * part);
                }
            }
        }

        return result;
    }

    /// <summary>The inverse of <see cref="Scatter"/>.</summary>
    public static uint[,] Gather(uint[][] registers, int rows, int columns, Func<int, int, (int Row, int Column)[][]> table)
    {
        var matrix = new uint[rows, columns];
        for (int lane = 0; lane < 32; lane++)
        {
            (int Row, int Column)[][] places = table(lane / 4, lane % 4);
            for (int register = 0; register < registers.Length; register++)
            {
                for (int part = 0; part < places[register].Length; part++)
                {
                    uint bits = registers[register][lane] >> (16 * part);
                    matrix[places[register][part].Row, places[register][part].Column] = places[register].Length == 2 ? bits & 0xffff : bits;
                }
            }
        }

        return matrix;
    }
}
