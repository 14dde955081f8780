using System.Globalization;

namespace GptSharp.Training.Configuration;

/// <summary>A number of bytes with a unit: <c>2GB</c> is two thousand million, <c>2GiB</c> a little more; without a unit, bytes.</summary>
internal sealed class SizeFormat() : ValueFormat<long>("a size such as 2GB, 1.5GiB or 800MB")
{
    private static readonly (string Unit, double Bytes)[] Units =
    [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1L << 40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
        ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12),
    ];

    public override bool TryParse(string text, bool quoted, out long value)
    {
        (string Unit, double Bytes) unit = Units.FirstOrDefault(unit => text.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase));
        string number = text[..^(unit.Unit?.Length ?? 0)].Trim().Replace("_", "", StringComparison.Ordinal);
        bool isNumber = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count);
        double bytes = Math.Floor(count * (unit.Unit is null ? 1 : unit.Bytes));
        value = bytes is >= 1 and < (1L << 62) ? (long)bytes : 0;
        return isNumber && value > 0;
    }

    public override string ToYaml(long value)
    {
        foreach ((string unit, double bytes) in Units.Take(8).OrderByDescending(unit => unit.Bytes))
        {
            if (value % bytes == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value / bytes:0}{unit}");
            }
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }
}
