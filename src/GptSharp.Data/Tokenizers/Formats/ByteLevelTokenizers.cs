using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Models;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Byte-level tokenizers from a model and special tokens, with the stages that all of their kind have.</summary>
internal static class ByteLevelTokenizers
{
    /// <param name="model">Vocabulary, merges and pattern.</param>
    /// <param name="special">The special tokens.</param>
    /// <param name="before">The token that begins every text; null for none.</param>
    public static TextTokenizer Create(ByteLevelModel model, IReadOnlyList<AddedToken> special, AddedToken? before = null)
    {
        string postProcessor = before is null ? KnownStages.ByteLevelPlaces : KnownStages.Template((before.Content, before.Id), after: null);
        return new TextTokenizer(model, special, Stages(new StageTexts(
            "null", KnownStages.PreTokenizer(model.Pairs.Pattern), postProcessor, KnownStages.ByteLevel)));
    }

    /// <summary>What training made.</summary>
    public static TextTokenizer Create(BpeTraining training, SplitPattern pattern)
    {
        string?[] spellings =
        [
            .. training.Tokens.Select((bytes, id) => bytes is null ? training.SpecialTokens[id] : ByteLevel.Write(bytes)),
        ];
        return Create(new ByteLevelModel(spellings, training.ToModel(pattern)), Special(training.SpecialTokens));
    }

    /// <summary>Special tokens with the first ids, as the tokenizers library trains them.</summary>
    public static IReadOnlyList<AddedToken> Special(IEnumerable<string> contents) =>
        [.. contents.Select((content, id) => new AddedToken(id, content) { Special = true })];

    /// <summary>Stages from their texts; the pattern is the model's.</summary>
    public static TokenStages Stages(StageTexts texts)
    {
        JsonPlace Parse(string text, out JsonDocument document)
        {
            document = JsonDocument.Parse(text);
            return JsonPlace.Of("built-in stages", document);
        }

        JsonPlace processor = Parse(texts.PostProcessor, out JsonDocument first);
        JsonPlace decoder = Parse(texts.Decoder, out JsonDocument second);
        using (first)
        using (second)
        {
            return new TokenStages { Template = PostProcessorReader.Read(processor), Decoder = DecoderReader.Read(decoder), Texts = texts };
        }
    }
}
