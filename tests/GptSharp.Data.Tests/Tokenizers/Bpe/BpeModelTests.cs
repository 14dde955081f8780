using System.Text;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>Encoding against its definition, with vocabularies of few letters, where everything meets: ties, runs, merges that never happen.</summary>
public sealed class BpeModelTests
{
    private const string Letters = "abc";

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Piece(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (byte)Letters[random.Next(random.Next(3) == 0 ? 3 : 2)])];

    // Merges of any two tokens in any order: most come after the merges of their parts, unless they are shuffled.
    private static (List<byte[]?> Tokens, List<BpeMerge> Merges) AnyMerges(Random random, bool shuffled)
    {
        var tokens = new List<byte[]?>(Letters.Select(letter => new[] { (byte)letter })) { null };
        var merges = new List<BpeMerge>();
        while (merges.Count < 12)
        {
            (int left, int right) = (random.Next(tokens.Count), random.Next(tokens.Count));
            if (tokens[left] is not { } first || tokens[right] is not { } second || first.Length + second.Length > 12)
            {
                continue;
            }

            byte[] both = [.. first, .. second];
            int merged = tokens.FindIndex(token => token is not null && token.AsSpan().SequenceEqual(both));
            if (merged < 0)
            {
                merged = tokens.Count;
                tokens.Add(both);
            }

            merges.Add(new BpeMerge(left, right, merged));
        }

        if (shuffled)
        {
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(merges));
        }

        return (tokens, merges);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Merges_of_any_kind_give_what_the_definition_gives(bool shuffled, bool ignoresMerges)
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            (List<byte[]?> tokens, List<BpeMerge> merges) = AnyMerges(random, shuffled);
            BpeModel model = BpeModel.FromMerges(tokens, merges, SplitPattern.None, ignoresMerges);
            for (int i = 0; i < 20; i++)
            {
                byte[] piece = Piece(random, random.Next(1, i == 0 ? 300 : 14));
                Assert.Equal(TextbookEncoder.ByMerges(tokens, merges, piece, ignoresMerges), model.Encode(piece));
            }
        }
    }

    [Fact]
    public void Ranks_of_any_kind_give_what_the_definition_gives()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            // Any strings in any order: tokens that no merge arrives at, and some that need tokens of higher ranks.
            var random = new Random(seed);
            List<byte[]?> tokens = [.. Letters.Select(letter => new[] { (byte)letter })];
            while (tokens.Count < 14)
            {
                byte[] token = Piece(random, random.Next(2, seed % 2 == 0 ? 4 : 7));
                if (!tokens.Exists(other => other.AsSpan().SequenceEqual(token)))
                {
                    tokens.Add(token);
                }
            }

            BpeModel model = BpeModel.FromRanks(tokens, SplitPattern.None);
            for (int i = 0; i < 20; i++)
            {
                byte[] piece = Piece(random, random.Next(1, i == 0 ? 300 : 14));
                Assert.Equal(TextbookEncoder.ByRanks(tokens, piece), model.Encode(piece));
            }
        }
    }

    [Fact]
    public void A_merge_table_does_what_the_definition_says_to_tokens_that_are_no_bytes()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            (List<byte[]?> tokens, List<BpeMerge> merges) = AnyMerges(random, shuffled: seed % 2 == 0);
            byte[] piece = Piece(random, random.Next(40));
            int[] ids = [.. piece.Select(value => Letters.IndexOf((char)value, StringComparison.Ordinal))];
            int count = new MergeTable(merges).Merge(ids);
            Assert.Equal(TextbookEncoder.ByMerges(tokens, merges, piece, ignoresMerges: false), ids[..count]);
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public void Any_bytes_come_back(string name)
    {
        BpeModel model = NpmVocabulary.Load(name);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            Assert.Equal(bytes, model.Decode(model.Encode(bytes)));
        }

        byte[] all = [.. Enumerable.Range(0, 0x10000).SelectMany(pair => new[] { (byte)(pair >> 8), (byte)pair })];
        Assert.Equal(all, model.Decode(model.Encode(all)));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_symbols_each_on_its_own()
    {
        // A broken character between letters, after a space, before a digit; an over-long form; a surrogate; beyond Unicode.
        Assert.Equal(["ab", "\u00E2\u0082", "cd"], Split(SplitPattern.Gpt2, "ab\u00E2\u0082cd"));
        Assert.Equal(["ab", " \u00FF\u00FE", "1"], Split(SplitPattern.Gpt2, "ab \u00FF\u00FE1"));
        Assert.Equal(["\u00C0\u0081", "a"], Split(SplitPattern.Gpt2, "\u00C0\u0081a"));
        Assert.Equal(["\u00ED\u00A0\u0080!", "a"], Split(SplitPattern.Gpt2, "\u00ED\u00A0\u0080!a"));
        Assert.Equal(["\u00F4\u0090\u0080\u0080\u00C3", " a"], Split(SplitPattern.Gpt2, "\u00F4\u0090\u0080\u0080\u00C3 a"));
    }

    private static IEnumerable<string> Split(SplitPattern pattern, string latin1) =>
        SplitPatterns.Split(pattern, Bytes(latin1)).Select(piece => latin1[piece]);

    [Fact]
    public void A_byte_that_the_vocabulary_lacks_is_refused()
    {
        BpeModel model = BpeModel.FromMerges([Bytes("a"), Bytes("b"), Bytes("ab")], [new BpeMerge(0, 1, 2)], SplitPattern.Gpt2);
        Assert.Equal([2, 0], model.Encode("aba"));
        Assert.Contains("0x63 ('c')", Assert.Throws<UnknownCharacterException>(() => model.Encode("abc")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_vocabularies_are_refused()
    {
        Assert.Contains("Token 1 has no bytes", Refusal([Bytes("a"), []], []), StringComparison.Ordinal);
        Assert.Contains("Tokens 0 and 2 have the same bytes", Refusal([Bytes("ab"), null, Bytes("ab")], []), StringComparison.Ordinal);
        Assert.Contains("Merge 0 (0, 1 to 5) names a token that does not exist", Refusal([Bytes("a"), Bytes("b")], [new(0, 1, 5)]), StringComparison.Ordinal);
        Assert.Contains("Merge 0 (0, 1 to 2) makes a token whose bytes are not those of its parts", Refusal([Bytes("a"), Bytes("b"), Bytes("ba")], [new(0, 1, 2)]), StringComparison.Ordinal);
    }

    private static string Refusal(byte[]?[] tokens, BpeMerge[] merges) =>
        Assert.Throws<ArgumentException>(() => BpeModel.FromMerges(tokens, merges, SplitPattern.Gpt2)).Message;

    [Fact]
    public void Of_a_pair_that_occurs_twice_the_later_merge_counts()
    {
        byte[][] tokens = [Bytes("a"), Bytes("b"), Bytes("ab"), Bytes("ba")];
        BpeModel model = BpeModel.FromMerges(tokens, [new(0, 1, 2), new(1, 0, 3), new(0, 1, 2)], SplitPattern.None);
        Assert.Equal([0, 3], model.Encode("aba"));
    }

    [Fact]
    public void Encoding_into_a_span_allocates_nothing()
    {
        BpeModel model = NpmVocabulary.Load("gpt2");
        byte[] text = Encoding.UTF8.GetBytes("Nothing here is unforeseeable: antidisestablishmentarianism, 東京 123\n\n");
        int[] ids = new int[text.Length];
        model.Encode(text, ids);
        long before = GC.GetAllocatedBytesForCurrentThread();
        model.Encode(text, ids);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Throws<ArgumentException>(() => model.Encode(text, ids.AsSpan(1)));
    }

    [Fact]
    public void Threads_may_share_a_model()
    {
        BpeModel model = NpmVocabulary.Load("gpt2");
        var texts = new OddTexts(seed: 7, model);
        string[] all = [.. Enumerable.Range(0, 4000).Select(_ => texts.Next())];
        int[][] alone = [.. all.Select(model.Encode)];
        int[][] together = [.. all.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(model.Encode)];
        Assert.Equal(alone, together);
    }
}
