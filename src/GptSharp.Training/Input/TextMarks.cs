using GptSharp.Data.Tokenizers;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Input;

/// <summary>The tokens between which a model writes a text.</summary>
/// <param name="Start">What a text without a prompt starts behind: the separator of documents, or where none is configured a line feed, or the token that begins texts; null if the vocabulary has none of them.</param>
/// <param name="Stop">What ends a text: the separator, which begins the next document; null where texts have no end.</param>
public readonly record struct TextMarks(int? Start, int? Stop)
{
    /// <summary>The marks of a run's texts.</summary>
    /// <param name="section">What it learnt from. A built-in story stands between line feeds, whatever else separates documents.</param>
    /// <param name="tokenizer">How that became tokens.</param>
    /// <param name="prepared">The separator that the data set was prepared with; null if it has none, or is not known.</param>
    public static TextMarks Of(DataSection section, ITokenizer tokenizer, int? prepared = null)
    {
        int? lineFeed = TokenOf(tokenizer, "\n");
        int? separator = section.IsBuiltIn ? lineFeed : section.EffectiveSeparator is { } text ? TokenOf(tokenizer, text) : prepared;
        return new TextMarks(separator ?? lineFeed ?? (tokenizer as TextTokenizer)?.BeginToken, separator);
    }

    /// <summary>The one token of a text; null if it is none, or several.</summary>
    internal static int? TokenOf(ITokenizer tokenizer, string text)
    {
        try
        {
            return tokenizer.Encode(text) is [int token] ? token : null;
        }
        catch (UnknownCharacterException)
        {
            return null;
        }
    }
}
