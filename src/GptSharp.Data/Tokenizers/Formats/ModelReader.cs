using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Models;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal static class ModelReader
{
    /// <param name="model">The model.</param>
    /// <param name="pieces">How text is divided before it.</param>
    public static ITokenModel Read(JsonPlace model, PreTokenizerReader pieces)
    {
        string type = model["type"].Text(model["merges"].IsGiven ? "BPE" : "");
        return type switch
        {
            "BPE" => ReadPairs(model, pieces),
            "Unigram" when !pieces.IsByteLevel => ReadUnigram(model),
            "Unigram" => throw model["type"].Refused("is Unigram behind a ByteLevel pre-tokenizer, which GptSharp does not have together."),
            _ => throw model["type"].Refused($"is {model["type"].Found()}, but GptSharp has BPE and Unigram."),
        };
    }

    private static ITokenModel ReadPairs(JsonPlace model, PreTokenizerReader pieces)
    {
        if (model["dropout"] is { IsGiven: true } dropout && dropout.Number() != 0)
        {
            throw dropout.Refused($"is {dropout.RawText}: merges would be left out at random, and GptSharp encodes a text always alike; set it to null.");
        }

        foreach (string key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model[key] is { IsGiven: true } mark && mark.Text().Length > 0)
            {
                throw mark.Refused($"is {mark.Found()}, but GptSharp has no marks within or at the end of words.");
            }
        }

        (string Key, JsonPlace Value)[] members = [.. model["vocab"].Members()];
        var tokens = new TokenList(members.Length);
        foreach ((string spelling, JsonPlace id) in members)
        {
            tokens.Add(spelling, id.Whole(0, int.MaxValue), id.Refused);
        }

        var merges = new MergeList(tokens);
        foreach (JsonPlace merge in model["merges"].Items())
        {
            if (merge.Kind == System.Text.Json.JsonValueKind.String)
            {
                merges.Add(merge.Text(), merge.Refused);
            }
            else
            {
                JsonPlace[] pair = [.. merge.Items()];
                merges.Add(
                    pair.Length == 2 ? pair[0].Text() : throw merge.Refused($"has {pair.Length} parts, but must be two tokens."), pair[1].Text(), merge.Refused);
            }
        }

        bool ignoresMerges = model["ignore_merges"].Flag(false);
        if (pieces.IsByteLevel)
        {
            return BytePairs.OfMerges(tokens.Spellings, merges.Merges, pieces.Pattern, ignoresMerges);
        }

        int? unknown = model["unk_token"].IsGiven && tokens.Find(model["unk_token"].Text()) is >= 0 and int id2 ? id2 : null;
        return new CharacterPairModel(tokens.Spellings, merges.Merges)
        {
            Unknown = new UnknownCharacters(unknown, model["byte_fallback"].Flag(false), tokens.Find),
            FusesUnknown = model["fuse_unk"].Flag(false),
            IgnoresMerges = ignoresMerges,
        };
    }

    private static UnigramModel ReadUnigram(JsonPlace model)
    {
        JsonPlace[] items = [.. model["vocab"].Items()];
        var tokens = new TokenList(items.Length);
        var pieces = new List<(string, double)>(items.Length);
        foreach (JsonPlace item in items)
        {
            JsonPlace[] pair = [.. item.Items()];
            if (pair.Length != 2)
            {
                throw item.Refused($"has {pair.Length} parts, but must be a token and its score.");
            }

            tokens.Add(pair[0].Text(), pieces.Count, pair[0].Refused);
            pieces.Add((pair[0].Text(), pair[1].Number()));
        }

        int? unknown = model["unk_id"].IsGiven ? (int)model["unk_id"].Whole(0, pieces.Count - 1) : null;
        return new UnigramModel(pieces, unknown, model["byte_fallback"].Flag(false));
    }
}
