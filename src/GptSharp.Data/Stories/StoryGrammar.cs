using System.Security.Cryptography;
using System.Text;
using GptSharp.Data.Sampling;

namespace GptSharp.Data.Stories;

/// <summary>
/// The built-in corpus: a grammar of short stories in which what was said returns sentences later, with its entropy known exactly.
/// </summary>
public sealed class StoryGrammar
{
    private readonly Grammar _grammar;

    private StoryGrammar(Grammar grammar, string text)
    {
        _grammar = grammar;
        Identity = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        Entropy = GrammarMeasure.Entropy(grammar.Start);
        MeanLength = GrammarMeasure.MeanLength(grammar.Start);
        LongestLength = GrammarMeasure.LongestLength(grammar.Start);
    }

    /// <summary>The grammar of <c>stories.grammar</c>.</summary>
    public static StoryGrammar BuiltIn { get; } = LoadBuiltIn();

    /// <summary>SHA-256 of its text: another grammar writes other stories.</summary>
    public string Identity { get; }

    /// <summary>Entropy of a whole story, in nats: the mean of -ln p over stories.</summary>
    public double Entropy { get; }

    /// <summary>Expected length of a story, in characters.</summary>
    public double MeanLength { get; }

    /// <summary>A number of characters that no story exceeds.</summary>
    public int LongestLength { get; }

    /// <summary>Nats per character of a long row of stories.</summary>
    public double EntropyPerCharacter => Entropy / MeanLength;

    /// <summary>Every character that stories have, and the separator between them.</summary>
    public string Alphabet => string.Concat(GrammarMeasure.Characters(_grammar.Start).Append(StorySplit.Separator).Distinct().Order());

    /// <summary>Reads a grammar from text; see <c>stories.grammar</c> for how one is written.</summary>
    /// <exception cref="CorpusException">The text is no grammar, or an ambiguous one.</exception>
    public static StoryGrammar Parse(string text) => new(GrammarParser.Parse(text), text);

    /// <summary>Story number <paramref name="index"/> of a seed.</summary>
    public string Write(ulong seed, long index)
    {
        var text = new StringBuilder();
        ulong key = Mixing.Mix(seed, (ulong)index);
        ulong draws = 0;
        Write(_grammar.Start, text, new int[_grammar.Variables.Count], count => Uniform(Mixing.Mix(key, draws++), count));
        return text.ToString();
    }

    /// <summary>A reader that says how surprising each character is.</summary>
    public StoryScorer CreateScorer() => new(_grammar);

    /// <summary>Whether a text is exactly one story.</summary>
    public bool Accepts(string text)
    {
        StoryScorer scorer = CreateScorer();
        for (int i = 0; i < text.Length; i++)
        {
            scorer.Read(text[i]);
            if (scorer.HasFailed || (scorer.IsAtStart && i < text.Length - 1))
            {
                return false;
            }
        }

        return text.Length > 0 && scorer.IsAtStart;
    }

    private static void Write(Rule rule, StringBuilder text, int[] words, Func<int, int> draw)
    {
        foreach (Item item in rule.Alternatives[rule.Alternatives.Count == 1 ? 0 : draw(rule.Alternatives.Count)])
        {
            switch (item)
            {
                case Literal literal:
                    text.Append(literal.Text);
                    break;
                case Expand expand:
                    Write(expand.Rule, text, words, draw);
                    break;
                case Recall recall:
                    text.Append(recall.List.Entries[words[recall.Variable]][recall.Form]);
                    break;
                case Draw choice:
                    int word = draw(choice.List.Entries.Count);
                    text.Append(choice.List.Entries[word][choice.Form]);
                    if (choice.Variable is { } variable)
                    {
                        words[variable] = word;
                    }

                    break;
            }
        }
    }

    // The high half of a 128-bit product; its bias is below count / 2^64.
    private static int Uniform(ulong random, int count) => (int)Math.BigMul(random, (ulong)count, out _);

    private static StoryGrammar LoadBuiltIn()
    {
        using Stream stream = typeof(StoryGrammar).Assembly.GetManifestResourceStream("stories.grammar")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }
}
