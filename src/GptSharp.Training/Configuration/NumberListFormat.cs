namespace GptSharp.Training.Configuration;

/// <summary>One number, or several between commas: YAML's <c>[1, 0.9, 0.8]</c> or the text <c>1, 0.9, 0.8</c>.</summary>
internal sealed class NumberListFormat(NumberFormat number) : ValueFormat<NumberList>($"{number.Expected}, or a list of such numbers")
{
    public override bool TakesGroups => true;

    public override bool TryParse(string text, bool quoted, out NumberList value)
    {
        List<double> numbers = [];
        foreach (string part in Items(text).Split(','))
        {
            if (!number.TryParse(part.Trim(), quoted, out double parsed))
            {
                value = new NumberList([]);
                return false;
            }

            numbers.Add(parsed);
        }

        value = new NumberList(numbers);
        return true;
    }

    public override string ToYaml(NumberList value) => value.Numbers.Count == 1
        ? number.ToYaml(value.Numbers[0])
        : $"[{string.Join(", ", value.Numbers.Select(number.ToYaml))}]";

    // A file's brackets are YAML's and gone by now; --set gives them as they were typed.
    private static string Items(string text) => text is ['[', .. var inner, ']'] ? inner : text;
}

/// <summary>Numbers that compare by value.</summary>
/// <param name="Numbers">In their order.</param>
public sealed record NumberList(IReadOnlyList<double> Numbers)
{
    /// <summary>A list of one.</summary>
    public static NumberList Of(double number) => new([number]);

    /// <summary>The same numbers in the same order.</summary>
    public bool Equals(NumberList? other) => other is not null && Numbers.SequenceEqual(other.Numbers);

    /// <inheritdoc/>
    public override int GetHashCode() => Numbers.Aggregate(Numbers.Count, HashCode.Combine);
}
