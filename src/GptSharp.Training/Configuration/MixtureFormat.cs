using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GptSharp.Training.Configuration;

/// <summary>Data sets with their epochs or weights: YAML's <c>[data/web*1, data/wiki*3]</c> or the text <c>data/web=0.7, data/wiki=0.3</c>.</summary>
internal sealed partial class MixtureFormat() : ValueFormat<MixtureList>(
    "a list of data sets, each with its epochs, as in [data/web*1, data/wiki*3], or each with its weight, as in [data/web=0.7, data/wiki=0.3], or none")
{
    private const string None = "none";

    public override bool TakesGroups => true;

    public override bool TryParse(string text, bool quoted, out MixtureList value)
    {
        value = MixtureList.None;
        if (text == None)
        {
            return true;
        }

        List<MixtureItem> items = [];
        HashSet<char> signs = [];
        foreach (string part in (text is ['[', .. var inner, ']'] ? inner : text).Split(','))
        {
            string item = part.Trim();
            int sign = item.LastIndexOfAny(['*', '=']);
            if (sign <= 0
                || !double.TryParse(item[(sign + 1)..], NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double amount)
                || !(amount > 0 && double.IsFinite(amount)))
            {
                return false;
            }

            signs.Add(item[sign]);
            items.Add(new MixtureItem(item[..sign].Trim(), amount));
        }

        value = new MixtureList(signs.Contains('*'), items);
        return signs.Count == 1 && items.Select(item => item.Path).Distinct().Count() == items.Count;
    }

    public override string ToYaml(MixtureList value) => value.Items.Count == 0
        ? None
        : $"[{string.Join(", ", value.Items.Select(item => Scalar(
            string.Create(CultureInfo.InvariantCulture, $"{item.Path}{(value.IsByEpochs ? '*' : '=')}{item.Amount:R}"))))}]";

    private static string Scalar(string text) => PlainItem().IsMatch(text) ? text : JsonSerializer.Serialize(text);

    // What YAML takes for a text, within brackets too.
    [GeneratedRegex(@"^[A-Za-z/.][A-Za-z0-9_./=*-]*$")]
    private static partial Regex PlainItem();
}

/// <summary>Data sets that are learnt from together.</summary>
/// <param name="IsByEpochs">Whether amounts are epochs; else they are weights.</param>
/// <param name="Items">The data sets; none for no mixture.</param>
public sealed record MixtureList(bool IsByEpochs, IReadOnlyList<MixtureItem> Items)
{
    /// <summary>No mixture.</summary>
    public static MixtureList None { get; } = new(false, []);

    /// <summary>The same data sets and amounts in the same order.</summary>
    public bool Equals(MixtureList? other) => other is not null && IsByEpochs == other.IsByEpochs && Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Count, HashCode.Combine);
}

/// <summary>A data set of a mixture.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Amount">Its epochs or its weight.</param>
public sealed record MixtureItem(string Path, double Amount);
