namespace GptSharp.Data.Stories;

/// <summary>
/// Refuses a grammar that is no prefix code or repeats what was not drawn. What it lets through is unambiguous: reading a text from the
/// left, the characters of a choice decide it before the next one begins.
/// </summary>
internal static class GrammarCheck
{
    /// <summary>Checks every path through a grammar.</summary>
    /// <exception cref="CorpusException">The grammar is ambiguous or incomplete.</exception>
    public static void Run(Grammar grammar) => Walk(grammar, grammar.Start, []);

    /// <summary>Text with which an alternative begins, whatever is drawn.</summary>
    public static string Opening(IReadOnlyList<Item> alternative) => alternative is [Literal literal, ..] ? literal.Text : "";

    // Returns the variables that are drawn on every path.
    private static HashSet<int> Walk(Grammar grammar, Rule rule, HashSet<int> drawnBefore)
    {
        if (rule.Alternatives.Count > 1)
        {
            RequirePrefixCode($"rule {rule.Name}", [.. rule.Alternatives.Select(Opening)]);
        }

        HashSet<int>? common = null;
        foreach (IReadOnlyList<Item> alternative in rule.Alternatives)
        {
            var drawn = new HashSet<int>(drawnBefore);
            foreach (Item item in alternative)
            {
                Visit(grammar, item, drawn);
            }

            common = common is null ? drawn : [.. common.Intersect(drawn)];
        }

        return common ?? [];
    }

    private static void Visit(Grammar grammar, Item item, HashSet<int> drawn)
    {
        switch (item)
        {
            case Expand expand:
                drawn.UnionWith(Walk(grammar, expand.Rule, drawn));
                break;
            case Draw draw:
                RequirePrefixCode($"list {draw.List.Name}", draw.List.Texts(draw.Form));
                if (draw.Variable is { } variable && !drawn.Add(variable))
                {
                    throw new CorpusException($"The grammar draws '{grammar.Variables[variable]}' twice in one text.");
                }

                break;
            case Recall recall:
                RequireDrawn(grammar, recall.Variable, drawn);
                break;
        }
    }

    private static void RequireDrawn(Grammar grammar, int variable, HashSet<int> drawn)
    {
        if (!drawn.Contains(variable))
        {
            throw new CorpusException($"The grammar repeats '{grammar.Variables[variable]}' where it may not have been drawn.");
        }
    }

    private static void RequirePrefixCode(string place, string[] texts)
    {
        string[] sorted = [.. texts.Order(StringComparer.Ordinal)];
        for (int i = 0; i < sorted.Length; i++)
        {
            // In ordinal order a text that begins another stands directly before one that it begins.
            if (sorted[i].Length == 0 || (i > 0 && sorted[i].StartsWith(sorted[i - 1], StringComparison.Ordinal)))
            {
                throw new CorpusException(
                    $"The grammar is ambiguous: in {place}, '{(i > 0 ? sorted[i - 1] : "")}' begins '{sorted[i]}'.");
            }
        }
    }
}
