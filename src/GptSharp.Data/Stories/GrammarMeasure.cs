namespace GptSharp.Data.Stories;

/// <summary>
/// Closed forms. A text's information is the sum over its choices of the logarithm of how many alternatives there were; words that
/// repeat an earlier choice add none.
/// </summary>
internal static class GrammarMeasure
{
    /// <summary>Entropy of whole texts, in nats.</summary>
    public static double Entropy(Rule rule) =>
        Math.Log(rule.Alternatives.Count) + Mean(rule, item => item switch
        {
            Expand expand => Entropy(expand.Rule),
            Draw draw => Math.Log(draw.List.Entries.Count),
            _ => 0,
        });

    /// <summary>Expected number of characters.</summary>
    public static double MeanLength(Rule rule) => Mean(rule, item => item switch
    {
        Expand expand => MeanLength(expand.Rule),
        Draw draw => draw.List.Texts(draw.Form).Average(text => text.Length),
        Recall recall => recall.List.Texts(recall.Form).Average(text => text.Length),
        _ => ((Literal)item).Text.Length,
    });

    /// <summary>A number of characters that no text exceeds.</summary>
    public static int LongestLength(Rule rule) => rule.Alternatives.Max(alternative => alternative.Sum(item => item switch
    {
        Expand expand => LongestLength(expand.Rule),
        Draw draw => draw.List.Texts(draw.Form).Max(text => text.Length),
        Recall recall => recall.List.Texts(recall.Form).Max(text => text.Length),
        _ => ((Literal)item).Text.Length,
    }));

    /// <summary>Every character that a text can have, with repetitions.</summary>
    public static IEnumerable<char> Characters(Rule rule) => rule.Alternatives.SelectMany(items => items).SelectMany(item => item switch
    {
        Expand expand => Characters(expand.Rule),
        Draw draw => draw.List.Texts(draw.Form).SelectMany(text => text),
        Recall recall => recall.List.Texts(recall.Form).SelectMany(text => text),
        _ => ((Literal)item).Text,
    });

    private static double Mean(Rule rule, Func<Item, double> measure) =>
        rule.Alternatives.Average(alternative => alternative.Sum(measure));
}
