using System.Globalization;
using GptSharp.Interop;

namespace GptSharp.Cli.Display;

/// <summary>A model in half a line.</summary>
internal static class ModelSummary
{
    public static string Of(ModelPackage package)
    {
        string tokenizer = package.Tokenizer is { } known ? string.Create(CultureInfo.InvariantCulture, $"a {known.Kind} tokenizer of {known.VocabularySize:N0} tokens") : "no tokenizer";
        return string.Create(CultureInfo.InvariantCulture, $"{package.Model.ParameterCount:N0} parameters, {tokenizer}");
    }
}
