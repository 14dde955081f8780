using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>
/// A vocabulary as LLaMA 2 has it, small and learnt here the simplest way: unknown, begin and end, 256 bytes, then merges over words that begin
/// with U+2581, then the single characters.
/// </summary>
internal sealed class SmallVocabulary
{
    private const int MergeCount = 220;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static SmallVocabulary Shared { get; } = new();

    private SmallVocabulary()
    {
        string text = File.ReadAllText(Path.Combine(Golden.Repository, "README.md"))[..12_000] + " naïve café 東京 東京 日本 日本 😀😀\n\n\t\t  <0x0A>";
        List<string[]> words = [.. text.Split(' ').Select(word => ("▁" + word).EnumerateRunes().Select(rune => rune.ToString()).ToArray())];
        string[] characters = [.. words.SelectMany(word => word).Where(symbol => symbol is not ("Z" or "日" or "{")).Distinct().Order(StringComparer.Ordinal)];
        for (int i = 0; i < MergeCount; i++)
        {
            (string Left, string Right) best = words
                .SelectMany(word => word.Zip(word.Skip(1)))
                .Where(pair => !Merges.Contains(pair))
                .GroupBy(pair => pair)
                .OrderByDescending(pairs => pairs.Count())
                .ThenBy(pairs => pairs.Key.First + " " + pairs.Key.Second, StringComparer.Ordinal)
                .First().Key;
            Merges.Add(best);
            words = [.. words.Select(word => Merge(word, best))];
        }

        Pieces = [.. Merges.Select(merge => merge.Left + merge.Right).Distinct(), .. characters];
        Pieces = [.. Pieces.Distinct()];
    }

    public List<(string Left, string Right)> Merges { get; } = [];

    /// <summary>Merged pieces, the best first, then characters; they follow the 259 tokens that stand for no text of their own.</summary>
    public string[] Pieces { get; }

    public IEnumerable<string> Tokens => ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. Pieces];

    /// <summary>A tokenizer.json around it.</summary>
    public string Json(string normalizer, string preTokenizer, string decoder, string addedTokens = "") => $$$"""
        {"version":"1.0","truncation":null,"padding":null,
        "added_tokens":[
          {"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
          {"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
          {"id":2,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}{{{addedTokens}}}],
        "normalizer":{{{normalizer}}},"pre_tokenizer":{{{preTokenizer}}},
        "post_processor":{"type":"TemplateProcessing",
          "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
          "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
          "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}
          },
        "decoder":{{{decoder}}},
        "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,
          "byte_fallback":true,"ignore_merges":false,
          "vocab":{{{{string.Join(',', Tokens.Select((token, id) => $"{Quote(token)}:{id}"))}}}},
          "merges":[{{{string.Join(',', Merges.Select(merge => $"[{Quote(merge.Left)},{Quote(merge.Right)}]"))}}}]}
        }
        """;

    /// <summary>The same as a SentencePiece model file.</summary>
    /// <param name="kind">1 for unigrams, 2 for byte-pair encoding.</param>
    /// <param name="normalizer">Writes more of the normalizer's settings.</param>
    public byte[] Model(int kind = 2, Action<CodedOutputStream>? normalizer = null)
    {
        string[] tokens = [.. Tokens];
        return Message(model =>
        {
            for (int id = 0; id < tokens.Length; id++)
            {
                (float score, int type) = id switch
                {
                    0 => (0f, (int)SentencePieceType.Unknown),
                    1 or 2 => (0f, (int)SentencePieceType.Control),
                    < 259 => (0f, (int)SentencePieceType.Byte),
                    _ => (-(id - 259) / (kind == 1 ? 100f : 1f), (int)SentencePieceType.Normal),
                };
                Field(model, 1, piece =>
                {
                    Text(piece, 1, tokens[id]);
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(score);
                    Number(piece, 3, type);
                });
            }

            Field(model, 2, trainer =>
            {
                Number(trainer, 3, kind);
                Number(trainer, 35, 1);
            });
            Field(model, 3, settings =>
            {
                Number(settings, 4, 0);
                normalizer?.Invoke(settings);
            });
        });
    }

    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream);
        write(output);
        output.Flush();
        return stream.ToArray();
    }

    public static void Field(CodedOutputStream output, int number, Action<CodedOutputStream> write)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(Message(write)));
    }

    public static void Text(CodedOutputStream output, int number, string text)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    public static void Number(CodedOutputStream output, int number, int value)
    {
        output.WriteTag(number, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    public static string Quote(string text) => JsonSerializer.Serialize(text, Relaxed);

    private static string[] Merge(string[] word, (string Left, string Right) pair)
    {
        var merged = new List<string>(word.Length);
        for (int i = 0; i < word.Length; i++)
        {
            bool joins = i + 1 < word.Length && word[i] == pair.Left && word[i + 1] == pair.Right;
            merged.Add(joins ? word[i] + word[++i] : word[i]);
        }

        return [.. merged];
    }
}
