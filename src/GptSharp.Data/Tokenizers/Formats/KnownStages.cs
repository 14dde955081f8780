using System.Text.Encodings.Web;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>The stages of tokenizers whose files have only a vocabulary, spelt as tokenizer.json spells them.</summary>
internal static class KnownStages
{
    /// <summary>Byte-level decoding, and a post-processor that concerns places only.</summary>
    public const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""";

    /// <summary>The post-processor that the tokenizers library trains GPT-2's kind with.</summary>
    public const string ByteLevelPlaces = """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}""";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A text as JSON.</summary>
    public static string Quote(string text) => JsonSerializer.Serialize(text, Relaxed);

    /// <summary>The pre-tokenizer of byte-level tokenizers.</summary>
    public static string PreTokenizer(SplitPattern pattern) => pattern switch
    {
        SplitPattern.Gpt2 => ByteLevelOnly(usesRegex: true),
        SplitPattern.None => ByteLevelOnly(usesRegex: false),
        _ => $$$"""
            {"type":"Sequence","pretokenizers":[
            {"type":"Split","pattern":{"Regex":{{{Quote(SplitPatterns.RegexOf(pattern))}}}},"behavior":"Isolated","invert":false},
            {{{ByteLevelOnly(usesRegex: false)}}}]}
            """,
    };

    /// <summary>A post-processor that puts tokens around a text.</summary>
    /// <param name="before">The token before it; null for none.</param>
    /// <param name="after">The token behind it; null for none.</param>
    public static string Template((string Content, int Id)? before, (string Content, int Id)? after)
    {
        if (before is null && after is null)
        {
            return "null";
        }

        string Single(string text, int type)
        {
            string[] parts =
            [
                .. before is { } first ? [Special(first.Content, type)] : Array.Empty<string>(),
                $$$"""{"Sequence":{"id":"{{{text}}}","type_id":{{{type}}}}}""",
                .. after is { } last ? [Special(last.Content, type)] : Array.Empty<string>(),
            ];
            return string.Join(',', parts);
        }

        IEnumerable<string> tokens = new[] { before, after }.OfType<(string Content, int Id)>().Distinct()
            .Select(token => $$$"""{{{Quote(token.Content)}}}:{"id":{{{Quote(token.Content)}}},"ids":[{{{token.Id}}}],"tokens":[{{{Quote(token.Content)}}}]}""");
        return $$$"""
            {"type":"TemplateProcessing","single":[{{{Single("A", 0)}}}],"pair":[{{{Single("A", 0)}}},{{{Single("B", 1)}}}],
            "special_tokens":{{{{string.Join(',', tokens)}}}}}
            """;
    }

    private static string Special(string content, int type) => $$$"""{"SpecialToken":{"id":{{{Quote(content)}}},"type_id":{{{type}}}}}""";

    private static string ByteLevelOnly(bool usesRegex) =>
        $$$"""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":{{{(usesRegex ? "true" : "false")}}}}""";
}
