using System.Globalization;

namespace GptSharp.Data.Filters;

/// <summary>The numbers that a filter decides by: those of its paper, unless somebody chose others.</summary>
internal sealed class Thresholds
{
    private readonly Dictionary<string, double> _values;

    private Thresholds(Dictionary<string, double> values) => _values = values;

    /// <summary>One of them.</summary>
    public double this[string key] => _values[key];

    /// <summary>Reads what somebody chose.</summary>
    /// <param name="filter">Name of the filter, for messages.</param>
    /// <param name="chosen">Such as <c>min_words=20</c>, as many as one likes.</param>
    /// <param name="defaults">All that there are.</param>
    /// <exception cref="FormatException">There is no such threshold, or it is no number.</exception>
    public static Thresholds Read(string filter, IReadOnlyList<string> chosen, params (string Key, double Value)[] defaults)
    {
        Dictionary<string, double> values = defaults.ToDictionary(known => known.Key, known => known.Value);
        foreach (string assignment in chosen)
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? assignment : assignment[..equals];
            if (!values.TryGetValue(key, out double usual))
            {
                throw new FormatException($"the filter '{filter}' has no threshold '{key}'; it has {string.Join(", ", values.Keys)}.");
            }

            if (equals < 0 || !double.TryParse(assignment[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
            {
                throw new FormatException($"the filter '{filter}' needs a number for {key}, as in {filter}:{key}={usual.ToString(CultureInfo.InvariantCulture)}.");
            }

            values[key] = value;
        }

        return new Thresholds(values);
    }

    /// <summary>All of them, for a report.</summary>
    public override string ToString() =>
        string.Join(", ", _values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Key}={value.Value}")));
}
