using System.Globalization;

namespace GptSharp.Data.Filters;

/// <summary>Keeps documents whose licence is on a list; one that does not say its licence is not.</summary>
/// <param name="licenceField">The field of a line of JSON that holds the licence.</param>
/// <param name="allowed">The licences, in any case; of several in one document each must be here.</param>
internal sealed class LicenceFilter(string licenceField, IReadOnlyList<string> allowed) : DocumentFilter
{
    private readonly HashSet<string> _allowed = new(allowed.Select(Normal), StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Name => "licence";

    /// <inheritdoc/>
    public override string Rule => $"the field '{licenceField}' is one of {string.Join(", ", allowed)}";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Fields => [licenceField];

    /// <inheritdoc/>
    internal override Verdict Judge(TextUnderReview text)
    {
        if (!text.Fields.TryGetValue(licenceField, out string? value) || string.IsNullOrWhiteSpace(value))
        {
            return Verdict.Drop($"no licence in '{licenceField}'");
        }

        return value.Split(',').All(licence => _allowed.Contains(Normal(licence))) ? Verdict.Keep : Verdict.Drop($"licence {value}");
    }

    private static string Normal(string licence) => licence.Trim();
}

/// <summary>
/// Radford et al. 2019 (GPT-2), section 2.1, WebText: pages that people recommended, three points at least, and none of Wikipedia, which
/// evaluation sets are made of.
/// </summary>
internal sealed class WebTextFilter : DocumentFilter
{
    private const string ScoreField = "score";
    private const string AddressField = "url";

    private readonly Thresholds _thresholds;
    private readonly double _minScore;

    /// <summary>Creates the filter.</summary>
    /// <param name="chosen">Thresholds other than the paper's.</param>
    public WebTextFilter(IReadOnlyList<string> chosen)
    {
        _thresholds = Thresholds.Read(Name, chosen, ("min_score", 3));
        _minScore = _thresholds["min_score"];
    }

    /// <inheritdoc/>
    public override string Name => "webtext";

    /// <inheritdoc/>
    public override string Rule => $"Radford et al. 2019: {_thresholds} in the field '{ScoreField}'; no page of wikipedia.org by the field '{AddressField}'";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Fields => [ScoreField, AddressField];

    /// <inheritdoc/>
    internal override Verdict Judge(TextUnderReview text)
    {
        if (text.Fields.TryGetValue(AddressField, out string? address)
            && Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && (uri.Host.Equals("wikipedia.org", StringComparison.OrdinalIgnoreCase) || uri.Host.EndsWith(".wikipedia.org", StringComparison.OrdinalIgnoreCase)))
        {
            return Verdict.Drop($"a page of {uri.Host}");
        }

        return !text.Fields.TryGetValue(ScoreField, out string? score) || !double.TryParse(score, NumberStyles.Float, CultureInfo.InvariantCulture, out double points)
            ? Verdict.Drop($"no number in '{ScoreField}'")
            : points < _minScore ? Verdict.Drop($"score {points}") : Verdict.Keep;
    }
}
