using GptSharp.Nn;

namespace GptSharp.Training.Configuration;

/// <summary><c>none</c>, <c>attention</c>, <c>block</c>, or <c>every: 2</c>.</summary>
internal sealed class RecomputeFormat()
    : ValueFormat<Recompute>("none, attention, block, or 'every: k' with a whole number k of at least 1")
{
    private const string EveryPrefix = "every:";

    public override bool TakesGroups => true;

    public override bool TryParse(string text, bool quoted, out Recompute value)
    {
        (bool isKnown, value) = text switch
        {
            "none" => (true, Recompute.None),
            "attention" => (true, Recompute.Attention),
            "block" => (true, Recompute.Block),
            _ => (false, Recompute.None),
        };
        if (!isKnown && text.StartsWith(EveryPrefix, StringComparison.Ordinal)
            && WholeFormat.Count.TryParse(text[EveryPrefix.Length..].Trim(), quoted, out int blocks))
        {
            (isKnown, value) = (true, Recompute.Every(blocks));
        }

        return isKnown;
    }

    // A plain scalar may hold a colon, but not one that a space follows.
    public override string ToYaml(Recompute value) => value.ToString().Replace(": ", ":", StringComparison.Ordinal);
}
