using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Pipeline.Models;
using GptSharp.Data.Tokenizers.Pipeline.Normalizers;
using GptSharp.Files;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>Unigram models, from tokenizer.json and from SentencePiece's file, with its compiled normalization rules.</summary>
public sealed class UnigramTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly string[] Pieces = [.. SmallVocabulary.Shared.Pieces];

    private static double ScoreOf(int piece) => -2 - (0.037 * piece) - (piece % 7 / 3.0);

    private string Json() => _folder.Put("unigram.json", $$$"""
        {"added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
        {"id":1,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
        "normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
        "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]} } },
        "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
        "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["</s>",0.0],
        {{{string.Join(',', Pieces.Select((piece, i) => $"[{SmallVocabulary.Quote(piece)},{ScoreOf(i).ToString("R", CultureInfo.InvariantCulture)}]"))}}}]} }
        """);

    [Fact]
    public void Transformers_js_agrees_on_what_we_read_and_on_what_we_write()
    {
        string path = Json();
        TextTokenizer tokenizer = Assert.IsType<TextTokenizer>(TokenizerFile.Load(path));
        Assert.Equal("unigram", tokenizer.Kind);
        string[] texts = [.. CharacterTexts.Odd.Where(text => text.Length > 0), .. CharacterTexts.Random(8, 400, "</s>", "training", "gptsharp ")];
        TokenizerClient.RequireSameIds(path, tokenizer, texts, decoded: false);
        TokenizerClient.RequireSameIds(_folder.Put("ours.json", TokenizerJson.Write(tokenizer)), tokenizer, texts, decoded: false);
    }

    [Fact]
    public void The_best_way_is_the_one_that_trying_all_ways_finds()
    {
        string[] letters = ["a", "b", "ab", "ba", "aab", "bb", "abab", "c"];
        double[] scores = [-1, -1.3, -1.9, -2.6, -2.8, -2.2, -4.4, -0.5];
        var model = new UnigramModel([("<unk>", 0), .. letters.Zip(scores)], unknown: 0, byteFallback: false);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 11)).Select(_ => "abc"[random.Next(3)]));
            var ids = new List<int>();
            model.Encode(Encoding.UTF8.GetBytes(text), ids);
            Assert.Equal(text, string.Concat(ids.Select(id => letters[id - 1])));
            Assert.Equal(Best(text), ids.Sum(id => scores[id - 1]), 1e-9);
        }

        double Best(string text) => text.Length == 0 ? 0 : letters.Select((letter, i) => (letter, scores[i]))
            .Where(piece => text.StartsWith(piece.letter, StringComparison.Ordinal))
            .Max(piece => piece.Item2 + Best(text[piece.letter.Length..]));
    }

    [Fact]
    public void A_sentencepiece_file_brings_scores_bytes_and_marks()
    {
        TextTokenizer model = Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("spiece.model", SmallVocabulary.Shared.Model(kind: 1))));
        Assert.Equal(Encoding.UTF8.GetBytes("Z").Select(value => (int)value + 3), model.Encode("Z")[1..]);
        Assert.DoesNotContain(3 + 10, model.Encode("<0x0A>"));
        foreach (string text in CharacterTexts.Random(9, 300))
        {
            string expected = text.Replace('▁', ' ');
            Assert.Equal(expected, model.Decode(model.Encode(text)));
            Assert.Equal(model.Encode(text), Assert.IsType<TextTokenizer>(TokenizerFile.FromJson(TokenizerFile.ToJson(model), "json")).Encode(text));
        }
    }

    [Fact]
    public void Compiled_rules_replace_the_longest_match()
    {
        byte[] map = Compile(("a", "1"), ("ab", "2"), ("é", "e"), ("\u3000", " "), ("x", ""));
        CompiledCharacterMap rules = CompiledCharacterMap.Read(map, problem => new RefusedFileException("map", problem));
        Assert.Equal("2c1 e b 東\uFFFD", Encoding.UTF8.GetString(rules.Normalize([.. Encoding.UTF8.GetBytes("abcxa\u3000é b 東"), 0xFF])));

        byte[] file = SmallVocabulary.Shared.Model(normalizer: settings =>
        {
            settings.WriteTag(2, WireFormat.WireType.LengthDelimited);
            settings.WriteBytes(ByteString.CopyFrom(map));
        });
        TextTokenizer model = Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("tokenizer.model", file)));
        Assert.Equal(model.Encode("e 2"), model.Encode("é\u3000abx"));
        Assert.Equal(model.Encode("é\u3000abx"), Assert.IsType<TextTokenizer>(TokenizerFile.FromJson(TokenizerFile.ToJson(model), "json")).Encode("é\u3000abx"));

        // A trie that leads out of itself finds nothing, and reads nothing outside.
        var random = new Random(5);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. map];
            random.NextBytes(damaged.AsSpan(4 + random.Next(map.Length - 8), 4));
            damaged[^1] = 0;
            CompiledCharacterMap.Read(damaged, problem => new RefusedFileException("map", problem)).Normalize(Encoding.UTF8.GetBytes("abcxa\u3000é"));
        }
    }

    /// <summary>
    /// A double-array trie, built the plain way: every node's children at a free place of its own. See the reader for the units.
    /// </summary>
    private static byte[] Compile(params (string From, string To)[] rules)
    {
        var replacements = new MemoryStream();
        var values = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach ((string from, string to) in rules)
        {
            values.Add(Convert.ToHexString(Encoding.UTF8.GetBytes(from)), (int)replacements.Position);
            replacements.Write([.. Encoding.UTF8.GetBytes(to), 0]);
        }

        // Each node gets a block of 256 units; its offset, a multiple of 256, is reached from wherever the node stands by exclusive or.
        var units = new List<uint>(new uint[256]);
        Build(0, "");
        byte[] bytes = new byte[4 + (4 * units.Count)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(4 * units.Count));
        for (int i = 0; i < units.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)), units[i]);
        }

        return [.. bytes, .. replacements.ToArray()];

        void Build(uint node, string prefix)
        {
            byte[] next = [.. values.Keys
                .Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && key.Length > prefix.Length)
                .Select(key => Convert.FromHexString(key)[prefix.Length / 2])
                .Distinct()];
            bool hasValue = values.TryGetValue(prefix, out int value);
            if (next.Length == 0 && !hasValue)
            {
                return;
            }

            uint children = (uint)units.Count;
            units.AddRange(new uint[256]);
            uint distance = node ^ children;
            units[(int)node] |= (distance << 10) | (hasValue ? 0x100u : 0);
            units[(int)children] = hasValue ? 0x80000000u | (uint)value : 0;
            foreach (byte label in next)
            {
                units[(int)(children ^ label)] |= label;
                Build(children ^ label, prefix + label.ToString("X2", CultureInfo.InvariantCulture));
            }
        }
    }
}
