using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Models;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Writes tokenizer.json as Hugging Face's tokenizers write it. Equal texts mean equal tokenizers.</summary>
internal static class TokenizerJsonWriter
{
    /// <param name="tokenizer">What to write.</param>
    /// <param name="indented">For people to read; otherwise on one line.</param>
    public static string Write(TextTokenizer tokenizer, bool indented)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions
        {
            Indented = indented,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            foreach (AddedToken token in tokenizer.AddedTokens.OrderBy(token => token.Id))
            {
                Write(json, token);
            }

            json.WriteEndArray();
            StageTexts texts = tokenizer.Stages.Texts;
            WriteStage(json, "normalizer", texts.Normalizer);
            WriteStage(json, "pre_tokenizer", texts.PreTokenizer);
            WriteStage(json, "post_processor", texts.PostProcessor);
            WriteStage(json, "decoder", texts.Decoder);
            json.WriteStartObject("model");
            WriteModel(json, tokenizer.Model);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, AddedToken token)
    {
        json.WriteStartObject();
        json.WriteNumber("id", token.Id);
        json.WriteString("content", token.Content);
        json.WriteBoolean("single_word", token.SingleWord);
        json.WriteBoolean("lstrip", token.LeftStrip);
        json.WriteBoolean("rstrip", token.RightStrip);
        json.WriteBoolean("normalized", token.Normalized);
        json.WriteBoolean("special", token.Special);
        json.WriteEndObject();
    }

    private static void WriteStage(Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        using JsonDocument stage = JsonDocument.Parse(text);
        stage.RootElement.WriteTo(json);
    }

    private static void WriteModel(Utf8JsonWriter json, ITokenModel model)
    {
        switch (model)
        {
            case ByteLevelModel bytes:
                WritePairs(json, bytes, bytes.Merges, unknown: null, fuses: false, byteFallback: false, bytes.Pairs.IgnoresMerges);
                break;
            case CharacterPairModel pairs:
                WritePairs(
                    json, pairs, pairs.Merges, pairs.Unknown.Unknown is { } id ? pairs.SpellingOf(id) : null, pairs.FusesUnknown,
                    pairs.Unknown.ByteFallback, pairs.IgnoresMerges);
                break;
            case UnigramModel unigram:
                WriteUnigram(json, unigram);
                break;
            default:
                throw new NotSupportedException($"{model.GetType().Name} has no form in tokenizer.json.");
        }
    }

    private static void WritePairs(
        Utf8JsonWriter json, ITokenModel model, IReadOnlyList<BpeMerge> merges, string? unknown, bool fuses, bool byteFallback, bool ignoresMerges)
    {
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", unknown);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", fuses);
        json.WriteBoolean("byte_fallback", byteFallback);
        json.WriteBoolean("ignore_merges", ignoresMerges);
        json.WriteStartObject("vocab");
        for (int id = 0; id < model.Count; id++)
        {
            if (model.SpellingOf(id) is { } spelling)
            {
                json.WriteNumber(spelling, id);
            }
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (BpeMerge merge in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(model.SpellingOf(merge.Left));
            json.WriteStringValue(model.SpellingOf(merge.Right));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteUnigram(Utf8JsonWriter json, UnigramModel model)
    {
        json.WriteString("type", "Unigram");
        json.WritePropertyName("unk_id");
        if (model.Unknown.Unknown is { } unknown)
        {
            json.WriteNumberValue(unknown);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteStartArray("vocab");
        for (int id = 0; id < model.Count; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(model.SpellingOf(id));
            json.WriteNumberValue(model.ScoreOf(id));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", model.Unknown.ByteFallback);
    }
}
