using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json: the tokens around a single text.</summary>
internal static class PostProcessorReader
{
    public static TokenTemplate Read(JsonPlace place)
    {
        if (!place.IsGiven)
        {
            return TokenTemplate.Empty;
        }

        string type = place["type"].Text();
        return type switch
        {
            // It concerns the places of tokens in the text, not the tokens.
            "ByteLevel" => TokenTemplate.Empty,
            "TemplateProcessing" => ReadTemplate(place),
            "RobertaProcessing" or "BertProcessing" => new TokenTemplate([ReadPair(place["cls"])], [ReadPair(place["sep"])]),
            "Sequence" => place["processors"].Items().Select(Read).Aggregate(TokenTemplate.Empty, (inner, outer) => inner.Within(outer)),
            _ => throw place["type"].Refused(
                $"is {type}, a post-processor that GptSharp does not have; it has TemplateProcessing, ByteLevel, RobertaProcessing, BertProcessing and Sequence."),
        };
    }

    private static TokenTemplate ReadTemplate(JsonPlace place)
    {
        var before = new List<int>();
        var after = new List<int>();
        bool passedText = false;
        foreach (JsonPlace item in place["single"].Items())
        {
            if (item["SpecialToken"] is { IsGiven: true } token)
            {
                JsonPlace ids = place["special_tokens"][token["id"].Text()]["ids"];
                (passedText ? after : before).AddRange(ids.Items().Select(id => (int)id.Whole(0, int.MaxValue)));
            }
            else if (!passedText && item["Sequence"]["id"].Text() == "A")
            {
                passedText = true;
            }
            else
            {
                throw item.Refused("has the text again, or another one; GptSharp encodes single texts, of which a template has one, A.");
            }
        }

        return passedText ? new TokenTemplate(before, after) : throw place["single"].Refused("has no place for the text.");
    }

    // A token and its id: ["</s>", 2].
    private static int ReadPair(JsonPlace place)
    {
        JsonPlace[] items = [.. place.Items()];
        return items.Length == 2 ? (int)items[1].Whole(0, int.MaxValue) : throw place.Refused("must be a token and its id.");
    }
}
