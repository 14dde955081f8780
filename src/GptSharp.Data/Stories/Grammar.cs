namespace GptSharp.Data.Stories;

/// <summary>
/// A probabilistic grammar of texts, in which every choice is uniform and later words may repeat what earlier ones chose. It is a
/// prefix code: at every choice no alternative is the beginning of another, so a text has at most one derivation, and its
/// probability is the product of its choices'.
/// </summary>
internal sealed class Grammar
{
    public Grammar(Rule start, IReadOnlyList<string> variables)
    {
        Start = start;
        Variables = variables;
        GrammarCheck.Run(this);
    }

    /// <summary>Where every text begins.</summary>
    public Rule Start { get; }

    /// <summary>Names of what a text remembers of itself.</summary>
    public IReadOnlyList<string> Variables { get; }
}

/// <summary>Alternatives, each as likely as the others.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Alternatives">What it may become; each a sequence of items.</param>
internal sealed record Rule(string Name, IReadOnlyList<IReadOnlyList<Item>> Alternatives);

/// <summary>Words, each with the forms it takes: a name with its pronouns, a verb with the one that undoes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Forms">Names of the forms.</param>
/// <param name="Entries">One text per form for each word.</param>
internal sealed record WordList(string Name, IReadOnlyList<string> Forms, IReadOnlyList<IReadOnlyList<string>> Entries)
{
    /// <summary>Every word in one form.</summary>
    public string[] Texts(int form) => [.. Entries.Select(entry => entry[form])];
}

/// <summary>One element of an alternative.</summary>
internal abstract record Item;

/// <summary>Text as it stands.</summary>
internal sealed record Literal(string Text) : Item;

/// <summary>Whatever a rule becomes.</summary>
internal sealed record Expand(Rule Rule) : Item;

/// <summary>A word drawn from a list, and remembered if it has a variable.</summary>
/// <param name="List">Where from.</param>
/// <param name="Form">The form in which it is written.</param>
/// <param name="Variable">Index of what remembers it, or null.</param>
internal sealed record Draw(WordList List, int Form, int? Variable) : Item;

/// <summary>A word that was drawn before, in some form.</summary>
internal sealed record Recall(WordList List, int Form, int Variable) : Item;
