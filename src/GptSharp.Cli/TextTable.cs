using System.Text;

namespace GptSharp.Cli;

/// <summary>Columns of text under headings, aligned with spaces: the same in a terminal, in a file and in a pipe.</summary>
/// <param name="columns">Headings; one that begins with <c>&gt;</c> aligns its column to the right.</param>
internal sealed class TextTable(params IReadOnlyList<string> columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row.</summary>
    /// <param name="cells">One text per column.</param>
    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, columns.Count);
        _rows.Add(cells);
    }

    /// <summary>Writes headings and rows.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(TextWriter writer)
    {
        bool[] right = [.. columns.Select(heading => heading.StartsWith('>'))];
        string[] headings = [.. columns.Select(heading => heading.TrimStart('>'))];
        int[] widths = [.. headings.Select((heading, column) => _rows.Select(row => row[column].Length).Append(heading.Length).Max())];
        if (headings.Any(heading => heading.Length > 0))
        {
            WriteRow(headings);
        }

        foreach (string[] row in _rows)
        {
            WriteRow(row);
        }

        void WriteRow(string[] cells)
        {
            StringBuilder line = new();
            for (int column = 0; column < cells.Length; column++)
            {
                string cell = cells[column];
                line.Append(column == 0 ? "" : "  ").Append(right[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            }

            writer.WriteLine(line.ToString().TrimEnd());
        }
    }
}
