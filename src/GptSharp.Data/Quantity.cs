using System.Globalization;

namespace GptSharp.Data;

/// <summary>A number of things in a sentence: 1 token, 2 tokens.</summary>
internal static class Quantity
{
    /// <summary>The number and its noun.</summary>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
