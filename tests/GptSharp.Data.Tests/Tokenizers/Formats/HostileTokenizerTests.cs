using System.Text;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Files;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>Broken and hostile files: a sentence with file and place, and nothing else.</summary>
public sealed class HostileTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Refusal(string name, byte[] bytes, SplitPattern? pattern = null)
    {
        string path = _folder.Put(name, bytes);
        string message = Assert.Throws<RefusedFileException>(() => TokenizerFile.Load(path, pattern)).Message;
        Assert.StartsWith(path + ": ", message, StringComparison.Ordinal);
        return message[(path.Length + 2)..];
    }

    private string Refusal(string name, string text) => Refusal(name, Encoding.UTF8.GetBytes(text));

    /// <summary>The golden tokenizer.json, with something changed.</summary>
    private string Changed(Action<JsonNode> change)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenCase.Folder, "tokenizer.json")))!;
        change(root);
        return Refusal("tokenizer.json", root.ToJsonString());
    }

    [Theory]
    [InlineData("dropout", "0.1", "model.dropout is 0.1: merges would be left out at random")]
    [InlineData("continuing_subword_prefix", "\"##\"", "model.continuing_subword_prefix is the text \"##\"")]
    [InlineData("end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix is the text \"</w>\"")]
    [InlineData("type", "\"WordPiece\"", "model.type is the text \"WordPiece\", but GptSharp has BPE and Unigram.")]
    [InlineData("vocab", "[]", "model.vocab is a list, but must be an object.")]
    [InlineData("merges", "{}", "model.merges is an object, but must be a list.")]
    [InlineData("merges", "[\"a b c\"]", "model.merges[0] is 'a b c', but must be two tokens with one space between them.")]
    [InlineData("merges", "[[\"h\",\"e\"],[\"h\",7]]", "model.merges[1][1] is 7, but must be a text.")]
    [InlineData("merges", "[[\"h\"]]", "model.merges[0] has 1 parts, but must be two tokens.")]
    [InlineData("merges", "[[\"h\",\"qqq\"]]", "model.merges[0] merges 'h' and 'qqq', but 'qqq' is not in the vocabulary.")]
    [InlineData("merges", "[[\"q\",\"q\"]]", "model.merges[0] merges 'q' and 'q', but 'qq' is not in the vocabulary.")]
    [InlineData("merges", "[[\"\",\"h\"]]", "model.merges[0] merges an empty token.")]
    [InlineData("ignore_merges", "1", "model.ignore_merges is 1, but must be true or false.")]
    [InlineData("vocab", "{\"a\":0,\"b\":0}", "model.vocab.b has the id 0, which 'a' has too.")]
    [InlineData("vocab", "{\"a\":-1}", "model.vocab.a is -1, but must be a whole number from 0 to 2147483647.")]
    [InlineData("vocab", "{\"a\":1.5}", "model.vocab.a is 1.5, but must be a whole number")]
    [InlineData("vocab", "{\"a\":2147483647}", "model.vocab.a has the id 2147483647, but ids are 0 ... 100004 in a vocabulary of this size.")]
    [InlineData("vocab", "{\"a\":null}", "model.vocab.a is null, but must be a whole number.")]
    public void A_model_that_cannot_be_honoured_is_refused_at_its_place(string key, string value, string expected) =>
        Assert.Contains(expected, Changed(root => root["model"]![key] = JsonNode.Parse(value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("pre_tokenizer", """{"type":"BertPreTokenizer"}""", "pre_tokenizer.type is BertPreTokenizer, a pre-tokenizer that GptSharp does not have")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"[a-z]+"},"behavior":"Isolated","invert":false}""", "pre_tokenizer.pattern.Regex is the text \"[a-z]+\", a regular expression that GptSharp does not have")]
    [InlineData("pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false},{"type":"Digits"}]}""", "pre_tokenizer.pretokenizers[1].type is Digits, after a ByteLevel")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"last"}""", "pre_tokenizer.prepend_scheme is the text \"last\", but must be never, first or always.")]
    [InlineData("pre_tokenizer", "7", "pre_tokenizer is 7, but must be an object.")]
    [InlineData("normalizer", """{"type":"BertNormalizer"}""", "normalizer.type is BertNormalizer, a normalizer that GptSharp does not have")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"x*"},"content":""}""", "normalizer.pattern.Regex is the text \"x*\", a regular expression that GptSharp does not have")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"String":""},"content":"x"}""", "normalizer.pattern.String is empty")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"AAAA"}""", "normalizer.precompiled_charsmap is no compiled character map")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"/////w=="}""", "normalizer.precompiled_charsmap is no compiled character map")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"?"}""", "normalizer.precompiled_charsmap is not base64.")]
    [InlineData("decoder", """{"type":"WordPiece"}""", "decoder.type is WordPiece, a decoder that GptSharp does not have")]
    [InlineData("decoder", """{"type":"Strip","content":" ","start":-1,"stop":0}""", "decoder.start is -1, but must be a whole number from 0 to 1000.")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{}}""", "post_processor.single[0] has the text again")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{}}""", "post_processor.special_tokens.<s> is missing, but must be an object.")]
    [InlineData("post_processor", """{"type":"RobertaProcessing","sep":["</s>",9999],"cls":["<s>",0]}""", "post_processor puts the token 9999 beside a text, but no token has that id.")]
    [InlineData("truncation", """{"max_length":512,"strategy":"LongestFirst","stride":0,"direction":"Right"}""", "truncation is set")]
    [InlineData("padding", """{"strategy":{"Fixed":512}}""", "padding is set")]
    [InlineData("added_tokens", """[{"id":0,"content":"x"}]""", "added_tokens[0] gives 'x' the id 0, but in model.vocab that is '<|endoftext|>'.")]
    [InlineData("added_tokens", """[{"id":600,"content":"xyz"},{"id":601,"content":"xyz"}]""", "added_tokens[1] names 'xyz' again")]
    [InlineData("added_tokens", """[{"id":2000000000,"content":"x"}]""", "added_tokens[0] has the id 2000000000")]
    [InlineData("added_tokens", """[{"id":600,"content":"x","lstrip":"yes"}]""", "added_tokens[0].lstrip is the text \"yes\", but must be true or false.")]
    public void A_stage_that_cannot_be_honoured_is_refused_by_name(string key, string value, string expected) =>
        Assert.Contains(expected, Changed(root => root[key] = JsonNode.Parse(value)), StringComparison.Ordinal);

    [Fact]
    public void Broken_json_is_refused_with_line_and_reason()
    {
        Assert.Contains("line 2, byte 3: it is no valid JSON", Refusal("a.json", "{\n  nonsense"), StringComparison.Ordinal);
        Assert.Contains("it is no valid JSON", Refusal("a.json", "{\"model\":"), StringComparison.Ordinal);
        Assert.Contains("line 1, byte 193: it is no valid JSON: objects and lists nest deeper than 64.", Refusal("a.json", string.Concat(Enumerable.Repeat("{\"a\":[", 200_000))), StringComparison.Ordinal);
        Assert.Contains(
            "line 1, byte 39: it is no valid JSON: the key \"a\" stands twice in the same object.",
            Refusal("a.json", """{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}"""),
            StringComparison.Ordinal);
        Assert.Contains("half of a surrogate pair stands alone", Refusal("a.json", """{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}"""), StringComparison.Ordinal);
        Assert.Contains("neither a model", Refusal("a.json", "{}"), StringComparison.Ordinal);
        Assert.Contains("is no tokenizer", Refusal("a.json", ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_ranks_are_refused_with_the_line()
    {
        byte[] Ranks(string text) => Encoding.UTF8.GetBytes("IQ== 0\n" + text);
        Assert.StartsWith("line 2 is not a token in base64", Refusal("a.tiktoken", Ranks("!! 1\n"), SplitPattern.Gpt2), StringComparison.Ordinal);
        Assert.StartsWith("line 2 is not a token in base64", Refusal("a.tiktoken", Ranks("Ig== x\n"), SplitPattern.Gpt2), StringComparison.Ordinal);
        Assert.StartsWith("line 2 names '!' again", Refusal("a.tiktoken", Ranks("IQ== 1\n"), SplitPattern.Gpt2), StringComparison.Ordinal);
        Assert.StartsWith("line 2 has the id 0, which '!' has too", Refusal("a.tiktoken", Ranks("Ig== 0\n"), SplitPattern.Gpt2), StringComparison.Ordinal);
        Assert.StartsWith("line 2 has the id 2000000000, but ids are", Refusal("a.tiktoken", Ranks("Ig== 2000000000\n"), SplitPattern.Gpt2), StringComparison.Ordinal);
        string huge = Convert.ToBase64String(new byte[5000]);
        Assert.StartsWith("line 2 has a token of 5000 bytes", Refusal("a.tiktoken", Ranks($"{huge} 1\n"), SplitPattern.Gpt2), StringComparison.Ordinal);
        Assert.Contains("say it with --pattern", Refusal("a.tiktoken", Ranks("Ig== 1\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void Vocabulary_and_merges_must_be_two_sound_files()
    {
        Assert.Contains("merges.txt is missing beside it", Refusal("one/vocab.json", "{\"a\":0}"), StringComparison.Ordinal);
        _folder.Put("two/vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
        Assert.Equal("line 3 merges 'b' and 'a', but 'ba' is not in the vocabulary.", Refusal("two/merges.txt", "#version: 0.2\na b\nb a\n"));
        Assert.Equal("line 2 is 'a', but must be two tokens with one space between them.", Refusal("two/merges.txt", "#version: 0.2\na\n"));
        Assert.Equal("its byte 14 (0xFF) is no part of a character in UTF-8.", Refusal("two/merges.txt", [.. "#version: 0.2\n"u8, 0xFF]));
        string folder = Directory.CreateDirectory(_folder.At("empty")).FullName;
        Assert.Contains("it holds no tokenizer: no tokenizer.json", Assert.Throws<RefusedFileException>(() => TokenizerFile.Load(folder)).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such file or folder", Assert.Throws<RefusedFileException>(() => TokenizerFile.Load(_folder.At("none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentencepiece_models_that_cannot_be_honoured_are_refused_by_name()
    {
        Assert.Equal("its model_type is 3, but GptSharp has unigram (1) and bpe (2).", Refusal("a.model", SmallVocabulary.Shared.Model(kind: 3)));
        Assert.Equal(
            "it sets escape_whitespaces to false, which GptSharp does not have.",
            Refusal("a.model", SmallVocabulary.Shared.Model(normalizer: settings => SmallVocabulary.Number(settings, 5, 0))));
        Assert.Equal(
            "its normalization rules are 'nmt_nfkc', but it does not hold them.",
            Refusal("a.model", SmallVocabulary.Shared.Model(normalizer: settings => SmallVocabulary.Text(settings, 1, "nmt_nfkc"))));
        byte[] sound = SmallVocabulary.Shared.Model();
        Assert.StartsWith("it is damaged at byte ", Refusal("a.model", sound[..^3]), StringComparison.Ordinal);
        Assert.Contains(
            "piece 1 has the text '', the score 0 and the type 1",
            Refusal("a.model", [.. SmallVocabulary.Message(model =>
            {
                SmallVocabulary.Field(model, 1, piece => SmallVocabulary.Text(piece, 1, "a"));
                SmallVocabulary.Field(model, 1, piece => SmallVocabulary.Number(piece, 3, 1));
            })]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_far_beyond_the_file_takes_no_memory()
    {
        // Field 1, of 2 GiB less one byte, in a file of a few bytes.
        byte[] file = [0x0A, 0x05, 0x0A, 0x01, (byte)'a', 0x18, 0x01, 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0A, 0x01];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.StartsWith("it is damaged at byte ", Refusal("a.model", file), StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Damaged_files_are_refused_or_read_and_never_anything_else()
    {
        var random = new Random(4);
        byte[][] originals =
        [
            File.ReadAllBytes(Path.Combine(GoldenCase.Folder, "tokenizer.json")),
            Encoding.UTF8.GetBytes(SmallVocabulary.Shared.Json("null", "null", "null")),
            File.ReadAllBytes(Path.Combine(GoldenCase.Folder, "ranks.tiktoken")),
            SmallVocabulary.Shared.Model(),
            SmallVocabulary.Shared.Model(kind: 1),
        ];
        string path = _folder.At("tokenizer");
        int refused = 0;
        const int rounds = 60;
        foreach (byte[] original in originals)
        {
            for (int i = 0; i < rounds; i++)
            {
                File.WriteAllBytes(path, Damage(original, random));
                try
                {
                    ITokenizer tokenizer = TokenizerFile.Load(path, SplitPattern.Gpt2);
                    int[] ids = tokenizer.EncodeBytes("The model <s> trains\n"u8);
                    tokenizer.DecodeBytes(ids);
                }
                catch (RefusedFileException exception)
                {
                    Assert.StartsWith(path + ": ", exception.Message, StringComparison.Ordinal);
                    refused++;
                }
                catch (UnknownCharacterException)
                {
                    // The damage took a byte from the vocabulary.
                }
            }
        }

        Assert.InRange(refused, rounds, originals.Length * rounds);
    }

    [Fact]
    public void Json_with_other_values_in_it_is_refused_or_read_and_never_anything_else()
    {
        string[] values = ["null", "true", "-1", "0", "7", "1e300", "2147483647", "99999999999999999999", "\"\"", "\"x\"", "\"▁\"", "[]", "{}", "[[]]", "[\"a\",\"b\"]", "{\"type\":\"Sequence\"}"];
        var random = new Random(6);
        string sound = SmallVocabulary.Shared.Json(
            """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""",
            """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]}""",
            """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""");
        const int rounds = 250;
        int refused = 0;
        for (int i = 0; i < rounds; i++)
        {
            JsonNode root = JsonNode.Parse(sound)!;
            Replace(root, JsonNode.Parse(values[random.Next(values.Length)]), random);
            try
            {
                ITokenizer tokenizer = TokenizerFile.FromJson(root.ToJsonString(), "file");
                tokenizer.DecodeBytes(tokenizer.EncodeBytes("The model <s> trains 12\n"u8));
                Assert.Equal(TokenizerFile.ToJson(tokenizer), TokenizerFile.ToJson(TokenizerFile.FromJson(TokenizerFile.ToJson(tokenizer), "again")));
            }
            catch (RefusedFileException exception)
            {
                Assert.StartsWith("file: ", exception.Message, StringComparison.Ordinal);
                refused++;
            }
            catch (UnknownCharacterException)
            {
                // Without its bytes or its unknown token a vocabulary lacks characters.
            }
        }

        Assert.InRange(refused, rounds / 4, rounds);
    }

    // Goes down a random way, and puts the value at its end.
    private static void Replace(JsonNode node, JsonNode? value, Random random)
    {
        while (true)
        {
            JsonNode? child = node switch
            {
                JsonObject members => members[members.ElementAt(random.Next(members.Count)).Key],
                _ => node[random.Next(node.AsArray().Count)],
            };
            if (child is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } && random.Next(4) > 0)
            {
                node = child;
                continue;
            }

            if (node is JsonObject owner)
            {
                owner[owner.ElementAt(random.Next(owner.Count)).Key] = value;
            }
            else
            {
                JsonArray list = node.AsArray();
                list[random.Next(list.Count)] = value;
            }

            return;
        }
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int place = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 200), bytes.Count - place);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(place, length);
                    break;
                case 2:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(place, length));
                    break;
                case 3:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
                default:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        return [.. bytes];
    }
}
