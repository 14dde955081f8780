using System.Text.Encodings.Web;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Interop.Gguf;

/// <summary>What llama.cpp does to text before and after a vocabulary is used, in the words of a tokenizer.json.</summary>
internal static class GgufTokenizerStages
{
    /// <summary>Turns the letters of bytes into the bytes.</summary>
    public const string ByteLevelDecoder = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";

    private const string PiecesToBytes = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""";
    private const string SpacesToSigns = """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""";
    private const string SignsToSpaces = """{"type":"Replace","pattern":{"String":"▁"},"content":" "}""";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How a byte-level tokenizer divides text.</summary>
    public static string PreTokenizer(SplitPattern pattern) => pattern == SplitPattern.Gpt2
        ? ByteLevelDecoder
        : $$$"""
            {"type":"Sequence","pretokenizers":[
            {"type":"Split","pattern":{"Regex":{{{Quoted(SplitPatterns.RegexOf(pattern))}}}},"behavior":"Isolated","invert":false},{{{PiecesToBytes}}}]}
            """;

    /// <summary>How SentencePiece's kind writes spaces, one before each text if asked for.</summary>
    public static string Normalizer(bool addsSpace) =>
        $$"""{"type":"Sequence","normalizers":[{{(addsSpace ? """{"type":"Prepend","prepend":"▁"},""" : "")}}{{SpacesToSigns}}]}""";

    /// <summary>How it reads them.</summary>
    public static string Decoder(bool addsSpace)
    {
        string strip = addsSpace ? """,{"type":"Strip","content":" ","start":1,"stop":0}""" : "";
        return $$"""{"type":"Sequence","decoders":[{{SignsToSpaces}},{"type":"ByteFallback"},{"type":"Fuse"}{{strip}}]}""";
    }

    /// <summary>The tokens that are put around a text; <c>null</c> for none.</summary>
    public static string Template((int Id, string Text)? before, (int Id, string Text)? after)
    {
        if (before is null && after is null)
        {
            return "null";
        }

        string Special((int Id, string Text)? token, int type) =>
            token is { } known ? $$$"""{"SpecialToken":{"id":{{{Quoted(known.Text)}}},"type_id":{{{type}}}}}""" : "";

        string Around(string text, int type) => string.Join(',', new[]
        {
            Special(before, type), $$$"""{"Sequence":{"id":"{{{text}}}","type_id":{{{type}}}}}""", Special(after, type),
        }.Where(part => part.Length > 0));

        string tokens = string.Join(',', new[] { before, after }.OfType<(int Id, string Text)>().Distinct().Select(token =>
            $$$"""{{{Quoted(token.Text)}}}:{"id":{{{Quoted(token.Text)}}},"ids":[{{{token.Id}}}],"tokens":[{{{Quoted(token.Text)}}}]}"""));
        return $$$"""
            {"type":"TemplateProcessing","single":[{{{Around("A", 0)}}}],"pair":[{{{Around("A", 0)}}},{{{Around("B", 1)}}}],"special_tokens":{ {{{tokens}}} }}
            """;
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Relaxed);
}
