using System.Globalization;
using System.Numerics;
using System.Text;

namespace GptSharp.Training.Configuration;

/// <summary>How values of one type are written in YAML, on the command line and in messages.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="expected">What a valid value is, as a noun phrase for messages: "a whole number of at least 1".</param>
internal abstract class ValueFormat<T>(string expected)
{
    public string Expected { get; } = expected;

    /// <summary>Whether YAML may write it as a list, <c>[1, 2]</c>, or as one key with a value, <c>{every: 2}</c>.</summary>
    public virtual bool TakesGroups => false;

    /// <summary>Reads a value; <paramref name="text"/> is as the user wrote it, without quotes.</summary>
    public abstract bool TryParse(string text, bool quoted, out T value);

    /// <summary>Writes a value as a YAML scalar that reads back as the same value.</summary>
    public abstract string ToYaml(T value);
}

internal sealed class WholeFormat<T>(T smallest) : ValueFormat<T>($"a whole number of at least {smallest}")
    where T : struct, IBinaryInteger<T>
{
    // Underscores may group digits, as in 4_000_000.
    public override bool TryParse(string text, bool quoted, out T value) =>
        T.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        && value >= smallest;

    public override string ToYaml(T value) => value.ToString(null, CultureInfo.InvariantCulture);
}

internal static class WholeFormat
{
    public static WholeFormat<int> Count { get; } = new(1);

    public static WholeFormat<long> LongCount { get; } = new(1);

    public static WholeFormat<long> ZeroOrMore { get; } = new(0);

    public static WholeFormat<ulong> Seed { get; } = new(0);

    public static OptionalFormat<int> CountOr(string word) => new(Count, word);

    public static OptionalFormat<long> LongCountOr(string word) => new(LongCount, word);
}

internal sealed class NumberFormat(string expected, Func<double, bool> isValid) : ValueFormat<double>(expected)
{
    public static NumberFormat Positive { get; } = new("a number above 0", value => value > 0);

    public static NumberFormat NotNegative { get; } = new("a number of at least 0", value => value >= 0);

    public static NumberFormat Share { get; } = new("a number from 0 to below 1", value => value is >= 0 and < 1);

    public override bool TryParse(string text, bool quoted, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value) && isValid(value);

    public override string ToYaml(double value) => value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
}

internal sealed class FlagFormat() : ValueFormat<bool>("true or false")
{
    public override bool TryParse(string text, bool quoted, out bool value) => bool.TryParse(text, out value);

    public override string ToYaml(bool value) => value ? "true" : "false";
}

internal sealed class ChoiceFormat<T> : ValueFormat<T>
{
    private readonly IReadOnlyList<(string Name, T Value)> _choices;

    public ChoiceFormat(IReadOnlyList<(string Name, T Value)> choices)
        : base("one of " + string.Join(", ", choices.Select(choice => choice.Name))) => _choices = choices;

    public override bool TryParse(string text, bool quoted, out T value)
    {
        foreach ((string name, T candidate) in _choices)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = _choices[0].Value;
        return false;
    }

    public override string ToYaml(T value) => _choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Name;
}

internal static class ChoiceFormat
{
    /// <summary>The members of an enumeration in snake case: <c>OneMinusSqrt</c> is <c>one_minus_sqrt</c>.</summary>
    public static ChoiceFormat<TEnum> Of<TEnum>()
        where TEnum : struct, Enum =>
        new([.. Enum.GetValues<TEnum>().Select(value => (SnakeCase(value.ToString()), value))]);

    private static string SnakeCase(string name)
    {
        StringBuilder result = new();
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && result.Length > 0)
            {
                result.Append('_');
            }

            result.Append(char.ToLowerInvariant(letter));
        }

        return result.ToString();
    }
}

/// <summary>A value that may be left to the program: the unquoted word <paramref name="word"/> stands for null.</summary>
internal sealed class OptionalFormat<T>(ValueFormat<T> inner, string word) : ValueFormat<T?>($"{inner.Expected}, or {word}")
    where T : struct
{
    public override bool TryParse(string text, bool quoted, out T? value)
    {
        value = null;
        if (!quoted && text == word)
        {
            return true;
        }

        bool parsed = inner.TryParse(text, quoted, out T given);
        value = given;
        return parsed;
    }

    public override string ToYaml(T? value) => value is { } given ? inner.ToYaml(given) : word;
}
