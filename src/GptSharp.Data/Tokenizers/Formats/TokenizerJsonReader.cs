using System.Text.Json;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Models;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>
/// Reads a tokenizer.json of Hugging Face's tokenizers. What GptSharp cannot honour is refused by name, so that a text never becomes other
/// tokens than there.
/// </summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads a tokenizer.</summary>
    /// <param name="root">The outermost value of the file.</param>
    /// <exception cref="GptSharp.Files.RefusedFileException">It is no tokenizer, or one that GptSharp cannot honour; the sentence names file and place.</exception>
    public static TextTokenizer Read(JsonPlace root)
    {
        if (root["truncation"] is { IsGiven: true } truncation)
        {
            throw truncation.Refused("is set: texts would be cut off; set it to null.");
        }

        if (root["padding"] is { IsGiven: true } padding && !(padding["strategy"].Kind == JsonValueKind.String && padding["strategy"].Text() == "BatchLongest"))
        {
            throw padding.Refused("is set: texts would be filled up to a fixed length; set it to null.");
        }

        PreTokenizerReader pieces = PreTokenizerReader.Read(root["pre_tokenizer"]);
        ITokenModel model = ModelReader.Read(root["model"], pieces);
        IReadOnlyList<AddedToken> added = ReadAddedTokens(root["added_tokens"], model);
        var tokenizer = new TextTokenizer(model, added, new TokenStages
        {
            Normalizer = NormalizerReader.Read(root["normalizer"]),
            KeepsLineFeeds = NormalizerReader.KeepsLineFeeds(root["normalizer"]),
            PreTokenizers = pieces.Steps,
            Template = PostProcessorReader.Read(root["post_processor"]),
            Decoder = DecoderReader.Read(root["decoder"]),
            Texts = new StageTexts(
                Text(root["normalizer"]), Text(root["pre_tokenizer"]), Text(root["post_processor"]), Text(root["decoder"])),
        });
        CheckTemplate(tokenizer, root["post_processor"]);
        return tokenizer;
    }

    private static List<AddedToken> ReadAddedTokens(JsonPlace list, ITokenModel model)
    {
        if (!list.IsGiven)
        {
            return [];
        }

        JsonPlace[] items = [.. list.Items()];
        var tokens = new TokenList(model.Count + items.Length);
        var added = new List<AddedToken>(items.Length);
        foreach (JsonPlace item in items)
        {
            bool special = item["special"].Flag(false);
            var token = new AddedToken((int)item["id"].Whole(0, int.MaxValue), item["content"].Text())
            {
                SingleWord = item["single_word"].Flag(false),
                LeftStrip = item["lstrip"].Flag(false),
                RightStrip = item["rstrip"].Flag(false),
                Normalized = item["normalized"].Flag(!special),
                Special = special,
            };
            tokens.Add(token.Content, token.Id, item.Refused);
            if (model.TryFind(token.Content, out int known) ? known != token.Id : model.SpellingOf(token.Id) is not null)
            {
                throw item.Refused(
                    $"gives '{token.Content}' the id {token.Id}, but in model.vocab {(model.SpellingOf(token.Id) is { } other ? $"that is '{other}'" : $"it has the id {known}")}.");
            }

            added.Add(token);
        }

        return added;
    }

    private static void CheckTemplate(TextTokenizer tokenizer, JsonPlace place)
    {
        foreach (int id in tokenizer.Template.Before.Concat(tokenizer.Template.After))
        {
            if (tokenizer.SpellingOf(id) is null)
            {
                throw place.Refused($"puts the token {id} beside a text, but no token has that id.");
            }
        }
    }

    private static string Text(JsonPlace place) => place.IsGiven ? place.RawText : "null";
}
