using System.Globalization;

namespace GptSharp.Cli.Display;

/// <summary>
/// Draws losses as a curve of braille dots, two across and four down in each character, on a logarithmic scale: from the first loss to the
/// floor there is often a factor of thirty, and the end is where one looks.
/// </summary>
internal static class LossChart
{
    /// <summary>Marks the floor where no curve covers it.</summary>
    public const char FloorMark = '╌';

    private const char EmptyCell = '\u2800';

    /// <summary>Columns that the scale's numbers and its line take.</summary>
    public const int AxisWidth = 7;

    // Bits of a braille character by row, for its left and right column (Unicode 15, block 2800).
    private static readonly int[][] Dots = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

    /// <summary>Draws the curve.</summary>
    /// <param name="history">Losses, oldest first.</param>
    /// <param name="floor">A loss to mark with a line, or null.</param>
    /// <param name="width">Columns, the scale included.</param>
    /// <param name="height">Rows.</param>
    /// <returns>The rows, each of at most <paramref name="width"/> characters; the first and the last carry a number.</returns>
    public static string[] Draw(LossHistory history, double? floor, int width, int height)
    {
        int columns = 2 * (width - AxisWidth);
        double[] losses = [.. history.Resample(columns).Select(loss => Math.Clamp(loss, 1e-9, 1e9))];
        double lowest = losses.Append(floor is > 0 ? floor.Value : double.PositiveInfinity).Min();
        double highest = losses.DefaultIfEmpty(1).Max();
        if (losses.Length == 0 || highest / lowest < 1.05)
        {
            (lowest, highest) = (lowest / 1.05, highest * 1.05);
        }

        int rows = 4 * height;
        int[,] cells = new int[height, columns / 2];
        int? previous = null;
        for (int point = 0; point < losses.Length; point++)
        {
            // With fewer steps than dots the curve still spans the chart.
            int left = point * columns / losses.Length;
            int right = (point + 1) * columns / losses.Length;
            int row = Row(losses[point]);
            for (int column = left; column < right; column++)
            {
                Set(column, row);
            }

            for (int between = Math.Min(previous ?? row, row); between <= Math.Max(previous ?? row, row); between++)
            {
                Set(left, between);
            }

            previous = row;
        }

        int floorRow = floor is > 0 && losses.Length > 0 ? Row(floor.Value) / 4 : -1;
        return [.. Enumerable.Range(0, height).Select(Line)];

        int Row(double loss) => (int)Math.Clamp(Math.Round((rows - 1) * Math.Log(highest / loss) / Math.Log(highest / lowest)), 0, rows - 1);

        void Set(int column, int row) => cells[row / 4, column / 2] |= Dots[column % 2][row % 4];

        string Line(int line)
        {
            string label = losses.Length == 0 ? "" : line == 0 ? Number(highest) : line == height - 1 ? Number(lowest) : "";
            IEnumerable<char> curve = Enumerable.Range(0, columns / 2)
                .Select(cell => cells[line, cell] != 0 ? (char)(EmptyCell + cells[line, cell]) : line == floorRow ? FloorMark : ' ');
            return $"{label.PadLeft(AxisWidth - 2)} {(label.Length > 0 ? '┤' : '│')}{string.Concat(curve)}";
        }
    }

    // Five characters at most, whatever a run that explodes may bring.
    private static string Number(double loss)
    {
        string format = loss switch
        {
            >= 1e4 => "0e+0",
            >= 100 => "0",
            >= 10 => "0.0",
            _ => "0.00",
        };
        return loss.ToString(format, CultureInfo.InvariantCulture);
    }
}
