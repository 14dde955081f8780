using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Files;

namespace GptSharp.Interop.Gguf;

/// <summary>Expresses a vocabulary of llama.cpp as a tokenizer.json, with the special tokens that generation needs.</summary>
internal sealed class GgufVocabularyReader
{
    // Cutting every token in every place is quadratic in its length; no vocabulary comes near this.
    private const long MostCuts = 1L << 31;

    private readonly GgufMetadata _metadata;
    private readonly string[] _tokens;
    private readonly GgufTokenType[] _types;

    private GgufVocabularyReader(GgufMetadata metadata, int rows)
    {
        _metadata = metadata;
        _tokens = metadata.Texts(GgufVocabulary.TokensKey) ?? throw metadata.Missing(GgufVocabulary.TokensKey);
        if (_tokens.Length != rows)
        {
            throw new RefusedFileException(
                metadata.Path, $"{GgufVocabulary.TokensKey} has {_tokens.Length} tokens, but tensor '{GgufTensors.Tokens}' has {rows} rows.");
        }

        _types = ReadTypes();
    }

    /// <summary>The tokenizer of a file.</summary>
    /// <param name="metadata">The file's keys.</param>
    /// <param name="rows">Rows of the model's table.</param>
    /// <returns>The text of its tokenizer.json, or null where the file has no tokenizer.</returns>
    /// <exception cref="RefusedFileException">A key is missing or ill-typed, or the tokenizer is of a kind that is not supported.</exception>
    public static string? ReadJson(GgufMetadata metadata, int rows) => metadata.Text(GgufVocabulary.ModelKey) switch
    {
        null or GgufVocabulary.None or "no_vocab" => null,
        GgufVocabulary.ByteLevel => new GgufVocabularyReader(metadata, rows).ByteLevelJson(),
        GgufVocabulary.SentencePiece => new GgufVocabularyReader(metadata, rows).SentencePieceJson(),
        string other => throw new RefusedFileException(
            metadata.Path, $"{GgufVocabulary.ModelKey} is \"{other}\"; {GgufVocabulary.ByteLevel} and {GgufVocabulary.SentencePiece} can be read."),
    };

    /// <summary>The special tokens of a file.</summary>
    public static GenerationDefaults ReadGeneration(GgufMetadata metadata, int rows)
    {
        int? Token(string key) => metadata.Count(key, least: 0) is { } id && id < rows ? id : null;

        int? padding = Token(GgufVocabulary.PaddingKey);
        if (metadata.Flag(GgufVocabulary.StandInKey) == true)
        {
            return GenerationDefaults.None with { PaddingToken = padding };
        }

        int?[] ends = [Token(GgufVocabulary.EndKey), Token(GgufVocabulary.EndOfTurnKey)];
        return new GenerationDefaults(Token(GgufVocabulary.BeginKey), [.. ends.OfType<int>().Distinct()], padding);
    }

    private GgufTokenType[] ReadTypes()
    {
        long[] numbers = _metadata.Integers(GgufVocabulary.TypesKey) ?? throw _metadata.Missing(GgufVocabulary.TypesKey);
        return numbers.Length == _tokens.Length
            ? Array.ConvertAll(numbers, number => number is >= 1 and <= 6 ? (GgufTokenType)number : GgufTokenType.Normal)
            : throw new RefusedFileException(
                _metadata.Path, $"{GgufVocabulary.TypesKey} has {numbers.Length} entries for {_tokens.Length} tokens.");
    }

    private string ByteLevelJson()
    {
        string name = _metadata.Text(GgufVocabulary.PatternKey) ?? "default";
        if (!GgufPatterns.TryFind(name, out SplitPattern pattern, out bool ignoresMerges))
        {
            throw new RefusedFileException(
                _metadata.Path, $"{GgufVocabulary.PatternKey} is \"{name}\", a way to divide text that is not supported here; {string.Join(", ", GgufPatterns.Names)} are.");
        }

        string[] merges = _metadata.Texts(GgufVocabulary.MergesKey) ?? throw _metadata.Missing(GgufVocabulary.MergesKey);
        return Json(json =>
        {
            WriteStages(json, "null", GgufTokenizerStages.PreTokenizer(pattern), Template(addsBeginUnlessSaid: ignoresMerges), GgufTokenizerStages.ByteLevelDecoder);
            WriteModel(json, unknown: null, byteFallback: false, ignoresMerges, merges.Select(Parts));
        });
    }

    private string SentencePieceJson()
    {
        float[] scores = _metadata.Singles(GgufVocabulary.ScoresKey) ?? throw _metadata.Missing(GgufVocabulary.ScoresKey);
        if (scores.Length != _tokens.Length || scores.Any(float.IsNaN))
        {
            throw new RefusedFileException(
                _metadata.Path, $"{GgufVocabulary.ScoresKey} needs a number for each of {_tokens.Length} tokens, but has {scores.Length}, or one that is none.");
        }

        bool addsSpace = _metadata.Flag(GgufVocabulary.AddSpaceKey) ?? true;
        int unknown = Array.IndexOf(_types, GgufTokenType.Unknown);
        return Json(json =>
        {
            WriteStages(json, GgufTokenizerStages.Normalizer(addsSpace), "null", Template(addsBeginUnlessSaid: true), GgufTokenizerStages.Decoder(addsSpace));
            WriteModel(json, unknown < 0 ? null : _tokens[unknown], byteFallback: true, ignoresMerges: false, MergesOf(scores));
        });
    }

    // The highest score first; of one token's, the pair with the smaller ids.
    private IEnumerable<(string Left, string Right)> MergesOf(float[] scores)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((int id, string token) in _tokens.Index().Where(token => _types[token.Index] is GgufTokenType.Normal or GgufTokenType.UserDefined))
        {
            ids.TryAdd(token, id);
        }

        return ids.Keys.Sum(token => (long)token.Length * token.Length) <= MostCuts
            ? GgufMergeList.Possible(ids.Keys, ids.ContainsKey)
                .OrderByDescending(pair => scores[ids[pair.Left + pair.Right]])
                .ThenBy(pair => ids[pair.Left + pair.Right]).ThenBy(pair => ids[pair.Left]).ThenBy(pair => ids[pair.Right])
            : throw new RefusedFileException(_metadata.Path, $"{GgufVocabulary.TokensKey} has tokens that are longer than any vocabulary's.");
    }

    private (string Left, string Right) Parts(string merge, int index)
    {
        int space = merge.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < merge.Length - 1 ? (merge[..space], merge[(space + 1)..]) : throw new RefusedFileException(
            _metadata.Path, $"{GgufVocabulary.MergesKey}[{index}] is \"{merge}\"; two tokens with a space between them are needed.");
    }

    private string Json(Action<Utf8JsonWriter> writeStages)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteStartArray("added_tokens");
            foreach ((int id, string token) in _tokens.Index())
            {
                if (_types[id] is GgufTokenType.Control or GgufTokenType.Unknown or GgufTokenType.UserDefined)
                {
                    WriteAdded(json, id, token, isSpecial: _types[id] != GgufTokenType.UserDefined);
                }
            }

            json.WriteEndArray();
            writeStages(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteAdded(Utf8JsonWriter json, int id, string content, bool isSpecial)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("content", content);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", isSpecial);
        json.WriteEndObject();
    }

    private static void WriteStages(Utf8JsonWriter json, string normalizer, string preTokenizer, string postProcessor, string decoder)
    {
        (string Name, string Value)[] stages =
            [("normalizer", normalizer), ("pre_tokenizer", preTokenizer), ("post_processor", postProcessor), ("decoder", decoder)];
        foreach ((string name, string value) in stages)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
    }

    private string Template(bool addsBeginUnlessSaid)
    {
        (int, string)? Token(string flag, bool absent, string key) =>
            (_metadata.Flag(flag) ?? absent) && _metadata.Count(key, least: 0) is { } id && id < _tokens.Length ? (id, _tokens[id]) : null;

        return GgufTokenizerStages.Template(
            Token(GgufVocabulary.AddBeginKey, addsBeginUnlessSaid, GgufVocabulary.BeginKey),
            Token(GgufVocabulary.AddEndKey, absent: false, GgufVocabulary.EndKey));
    }

    private void WriteModel(
        Utf8JsonWriter json, string? unknown, bool byteFallback, bool ignoresMerges, IEnumerable<(string Left, string Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", unknown);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", byteFallback);
        json.WriteBoolean("byte_fallback", byteFallback);
        json.WriteBoolean("ignore_merges", ignoresMerges);
        json.WriteStartObject("vocab");
        foreach ((int id, string token) in _tokens.Index())
        {
            // Of a byte-level vocabulary, special tokens are not written in the letters of bytes.
            if (_types[id] is GgufTokenType.Normal or GgufTokenType.Byte || (byteFallback && _types[id] != GgufTokenType.Unused))
            {
                json.WriteNumber(token, id);
            }
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
