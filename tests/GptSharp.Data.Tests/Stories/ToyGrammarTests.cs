using GptSharp.Data.Stories;

namespace GptSharp.Data.Tests.Stories;

/// <summary>A grammar small enough to write down every text that it has, with its probability, by hand.</summary>
public sealed class ToyGrammarTests
{
    private const string Toy =
        """
        # Two names, a rule within a rule, words that return.
        list name: name, they
          Ann | she
          Bob | he
          Cid | he

        list food
          fig
          bun

        variable who: name
        variable friend: name
        variable what: food

        rule end
          Yes.
          No, [friend] ate the [what].
          Nobody knew.

        rule story
          [+who] had a [+what], and [who.they] met [+friend]. [end]\n
        """;

    private readonly StoryGrammar _grammar = StoryGrammar.Parse(Toy);

    [Fact]
    public void Probabilities_of_all_texts_sum_to_one()
    {
        Assert.Equal(54, Enumerate().Select(text => text.Text).Distinct().Count());
        Assert.Equal(1, Enumerate().Sum(text => text.Probability), 1e-12);
        foreach ((string text, double probability) in Enumerate())
        {
            Assert.Equal(-Math.Log(probability), ScoreOf(text), 1e-12);
        }
    }

    [Fact]
    public void Entropy_and_length_in_closed_form_are_those_of_the_enumerated_texts()
    {
        Assert.Equal(Enumerate().Sum(text => -text.Probability * Math.Log(text.Probability)), _grammar.Entropy, 1e-12);
        Assert.Equal(Enumerate().Sum(text => text.Probability * text.Text.Length), _grammar.MeanLength, 1e-12);
        Assert.True(_grammar.LongestLength >= Enumerate().Max(text => text.Text.Length));
    }

    [Fact]
    public void Each_character_scores_its_probability_given_all_before_it()
    {
        foreach ((string text, _) in Enumerate())
        {
            StoryScorer scorer = _grammar.CreateScorer();
            for (int i = 0; i < text.Length; i++)
            {
                double before = Enumerate().Where(other => other.Text.StartsWith(text[..i], StringComparison.Ordinal)).Sum(other => other.Probability);
                double after = Enumerate().Where(other => other.Text.StartsWith(text[..(i + 1)], StringComparison.Ordinal)).Sum(other => other.Probability);
                Assert.Equal(-Math.Log(after / before), scorer.Read(text[i]), 1e-12);
            }
        }
    }

    [Fact]
    public void Every_text_is_written_as_often_as_its_probability_says()
    {
        const int count = 54_000;
        var seen = new Dictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            string text = _grammar.Write(seed: 7, i);
            seen[text] = seen.GetValueOrDefault(text) + 1;
        }

        foreach ((string text, double probability) in Enumerate())
        {
            double deviation = Math.Sqrt(count * probability * (1 - probability));
            Assert.InRange(seen.GetValueOrDefault(text), (count * probability) - (5 * deviation), (count * probability) + (5 * deviation));
        }
    }

    [Theory]
    [InlineData("Ann had a fig, and she met Bob. Yes.\n", true)]
    [InlineData("Ann had a fig, and he met Bob. Yes.\n", false)] // wrong pronoun
    [InlineData("Ann had a fig, and she met Dan. Yes.\n", false)] // nobody of that name
    [InlineData("Bob had a bun, and he met Cid. No, Cid ate the bun.\n", true)]
    [InlineData("Bob had a bun, and he met Cid. No, Bob ate the bun.\n", false)]
    [InlineData("Bob had a bun, and he met Cid. No, Cid ate the fig.\n", false)]
    [InlineData("Ann had a fig, and she met Bob. Yes.", false)] // unfinished
    [InlineData("Ann had a fig, and she met Bob. Yes.\nA", false)] // more than one story
    [InlineData("", false)]
    public void Accepts_exactly_its_own_texts(string text, bool isAccepted) => Assert.Equal(isAccepted, _grammar.Accepts(text));

    [Fact]
    public void An_impossible_character_has_infinite_surprise_from_there_on()
    {
        StoryScorer scorer = _grammar.CreateScorer();
        Assert.Equal(Math.Log(3), scorer.Read('A'), 1e-12);
        Assert.Equal(double.PositiveInfinity, scorer.Read('x'));
        Assert.Equal(double.PositiveInfinity, scorer.Read('n'));
        scorer.Restart();
        Assert.Equal(Math.Log(3), scorer.Read('B'), 1e-12);
    }

    [Theory]
    [InlineData("list a\n  cat\n  cattle\n\nrule s\n  [a] x\n", "ambiguous")]
    [InlineData("list a\n  cat\n  cat\n\nrule s\n  [a] x\n", "ambiguous")]
    [InlineData("rule s\n  one\n  one more\n", "ambiguous")]
    [InlineData("list a\n  cat\n\nrule s\n  [a] x\n  the cat\n", "ambiguous")]
    [InlineData("list a\n  cat\n\nvariable v: a\n\nrule s\n  the [v] x\n", "may not have been drawn")]
    [InlineData("list a\n  cat\n\nvariable v: a\n\nrule s\n  the [+v] and [+v] x\n", "twice")]
    [InlineData("list a\n  cat\n\nrule s\n  the [dog] x\n", "names no list")]
    [InlineData("list a: x, y\n  cat\n\nrule s\n  the [a] x\n", "has 1 forms")]
    [InlineData("list a\n  cat\n\nlist a\n  dog\n\nrule s\n  x\n", "declared twice")]
    [InlineData("nonsense\n", "none of")]
    [InlineData("list a\n  cat\n", "no rule")]
    public void A_wrong_grammar_is_refused_with_its_reason(string grammar, string reason)
    {
        var exception = Assert.Throws<CorpusException>(() => StoryGrammar.Parse(grammar));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private double ScoreOf(string text)
    {
        StoryScorer scorer = _grammar.CreateScorer();
        return text.Sum(scorer.Read);
    }

    // By hand, without the grammar.
    private static IEnumerable<(string Text, double Probability)> Enumerate()
    {
        (string Name, string They)[] names = [("Ann", "she"), ("Bob", "he"), ("Cid", "he")];
        foreach ((string name, string they) in names)
        {
            foreach (string food in new[] { "fig", "bun" })
            {
                foreach ((string friend, _) in names)
                {
                    foreach (string end in new[] { "Yes.", $"No, {friend} ate the {food}.", "Nobody knew." })
                    {
                        yield return ($"{name} had a {food}, and {they} met {friend}. {end}\n", 1.0 / 3 / 2 / 3 / 3);
                    }
                }
            }
        }
    }
}
