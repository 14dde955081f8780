using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Nn;

namespace GptSharp.Interop.Gguf;

/// <summary>
/// Expresses a tokenizer.json as a vocabulary of llama.cpp. Two kinds have a place there: byte-level byte-pair encoding with one of the known
/// patterns, and byte-pair encoding of characters with byte fallback, SentencePiece's.
/// </summary>
internal sealed class GgufVocabularyWriter
{
    private const string SpaceSign = "\u2581";

    private readonly JsonElement _root;
    private readonly JsonElement _model;
    private readonly string[] _tokens;
    private readonly GgufTokenType[] _types;
    private readonly GenerationDefaults _generation;

    private GgufVocabularyWriter(JsonElement root, int rows, GenerationDefaults generation)
    {
        (_root, _model, _generation) = (root, root.GetProperty("model"), generation);
        if (Text(_model, "type") != "BPE")
        {
            throw Refused($"is a {Text(_model, "type")} model");
        }

        _tokens = new string[rows];
        _types = new GgufTokenType[rows];
    }

    /// <summary>The vocabulary of a tokenizer.</summary>
    /// <param name="tokenizerJson">The text of its tokenizer.json.</param>
    /// <param name="rows">Rows of the model's table; those that have no token become unused ones.</param>
    /// <param name="generation">The model's special tokens.</param>
    /// <exception cref="ConfigurationException">llama.cpp has no place for such a tokenizer.</exception>
    public static GgufVocabulary Of(string tokenizerJson, int rows, GenerationDefaults generation)
    {
        using JsonDocument document = JsonDocument.Parse(tokenizerJson);
        var writer = new GgufVocabularyWriter(document.RootElement, rows, generation);
        return Flag(writer._model, "byte_fallback") ? writer.SentencePiece() : writer.ByteLevel();
    }

    private GgufVocabulary ByteLevel()
    {
        (SplitPattern pattern, bool isKnown) = Pattern();
        bool ignoresMerges = Flag(_model, "ignore_merges");
        string? name = isKnown ? GgufPatterns.NameOf(pattern, ignoresMerges) : null;
        if (name is null)
        {
            throw Refused("divides text into pieces in another way than GPT-2, cl100k, o200k, Llama 3 or Qwen 2");
        }

        if (Has(_root, "normalizer") && !(pattern == SplitPattern.Qwen2 && Text(_root.GetProperty("normalizer"), "type") == "NFC"))
        {
            throw Refused("changes the text before it divides it");
        }

        FillTokens();
        return Common(GgufVocabulary.ByteLevel) with { Pattern = name, Merges = [.. Merges()] };
    }

    private GgufVocabulary SentencePiece()
    {
        FillTokens();
        foreach ((int id, string token) in _tokens.Index().Where(token => token.Item is ['<', '0', 'x', _, _, '>'] && _types[token.Index] == GgufTokenType.Normal))
        {
            _types[id] = GgufTokenType.Byte;
        }

        int? unknown = Text(_model, "unk_token") is { } text ? Array.IndexOf(_tokens, text) : null;
        if (unknown is { } id2)
        {
            _types[id2] = GgufTokenType.Unknown;
        }

        return Common(GgufVocabulary.SentencePiece) with { Scores = Scores(), AddsSpace = AddsSpace(), Unknown = unknown };
    }

    private GgufVocabulary Common(string model)
    {
        (int? before, int? after) = Template();
        return new GgufVocabulary
        {
            Model = model,
            Tokens = _tokens,
            Types = _types,
            AddsBegin = before is not null,
            AddsEnd = after is not null,
            Begin = before ?? _generation.BeginToken ?? NamedControl("<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>"),
            Ends = after is { } end ? [end, .. _generation.EndTokens.Where(token => token != end)]
                : _generation.EndTokens.Count > 0 ? _generation.EndTokens
                : NamedControl("</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>") is { } named ? [named]
                : [],
            Padding = _generation.PaddingToken,
        };
    }

    private void FillTokens()
    {
        foreach (JsonProperty token in _model.GetProperty("vocab").EnumerateObject())
        {
            int id = token.Value.GetInt32();
            (_tokens[id], _types[id]) = (token.Name, GgufTokenType.Normal);
        }

        foreach (JsonElement token in Items(_root, "added_tokens"))
        {
            int id = token.GetProperty("id").GetInt32();
            (_tokens[id], _types[id]) = (Text(token, "content")!, Flag(token, "special") ? GgufTokenType.Control : GgufTokenType.UserDefined);
        }

        // llama.cpp refuses two tokens of the same text, and an empty one.
        var seen = new HashSet<string>(_tokens.Where(token => token is not null), StringComparer.Ordinal);
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (_tokens[id] is null)
            {
                _tokens[id] = $"[PAD{id}]";
                _types[id] = GgufTokenType.Unused;
                if (!seen.Add(_tokens[id]))
                {
                    throw Refused($"has a token '[PAD{id}]', the name of the unused row {id}");
                }
            }
        }
    }

    private (SplitPattern Pattern, bool IsKnown) Pattern()
    {
        if (!Has(_root, "pre_tokenizer"))
        {
            return default;
        }

        JsonElement stage = _root.GetProperty("pre_tokenizer");
        JsonElement[] steps = Text(stage, "type") == "Sequence" ? Items(stage, "pretokenizers") : [stage];
        if (steps.Length == 0 || Text(steps[^1], "type") != "ByteLevel" || Flag(steps[^1], "add_prefix_space"))
        {
            return default;
        }

        bool usesGpt2 = !steps[^1].TryGetProperty("use_regex", out JsonElement regex) || regex.GetBoolean();
        if (steps.Length == 1)
        {
            return (SplitPattern.Gpt2, usesGpt2);
        }

        return steps.Length == 2 && !usesGpt2 && Text(steps[0], "type") == "Split"
            && steps[0].GetProperty("pattern").TryGetProperty("Regex", out JsonElement text)
            && SplitPatterns.TryRecognize(text.GetString()!, out SplitPattern pattern)
            ? (pattern, true)
            : default;
    }

    private IEnumerable<(string Left, string Right)> Merges()
    {
        foreach (JsonElement merge in Items(_model, "merges"))
        {
            (string left, string right) = merge.ValueKind == JsonValueKind.Array
                ? (merge[0].GetString()!, merge[1].GetString()!)
                : merge.GetString()!.Split(' ') is [var first, var second] ? (first, second) : throw Refused($"has the merge {merge}");
            yield return left.Contains(' ', StringComparison.Ordinal) || right.Contains(' ', StringComparison.Ordinal)
                ? throw Refused($"has a merge of '{left}' and '{right}', and a space divides the parts there")
                : (left, right);
        }
    }

    // SentencePiece merges whatever two neighbours make a token, the one with the highest score first; so a score is an earlier merge's rank, and
    // the merges must be all that are possible, those of one token together.
    private float[] Scores()
    {
        var scores = new float[_tokens.Length];
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((int id, string token) in _tokens.Index().Where(token => _types[token.Index] is GgufTokenType.Normal or GgufTokenType.UserDefined))
        {
            ids[token] = id;
        }

        var merges = new HashSet<(string, string)>();
        string? last = null;
        int rank = 0;
        foreach ((string left, string right) in Merges())
        {
            merges.Add((left, right));
            string whole = left + right;
            if (whole != last)
            {
                int id = ids.TryGetValue(whole, out int known) && scores[known] == 0 ? known : throw Refused($"merges into '{whole}' early and late");
                scores[id] = -(++rank);
                last = whole;
            }
        }

        foreach ((string left, string right) in GgufMergeList.Possible(ids.Keys, ids.ContainsKey).Where(pair => !merges.Contains(pair)))
        {
            throw Refused($"does not merge '{left}' and '{right}', though they make a token");
        }

        return scores;
    }

    private bool AddsSpace()
    {
        if (Has(_root, "pre_tokenizer"))
        {
            JsonElement stage = _root.GetProperty("pre_tokenizer");
            return Text(stage, "type") == "Metaspace" && Text(stage, "replacement") == SpaceSign && !Flag(stage, "split") && !Has(_root, "normalizer")
                ? Text(stage, "prepend_scheme") != "never"
                : throw Refused("divides text into pieces before it merges");
        }

        JsonElement[] steps = !Has(_root, "normalizer") ? []
            : Text(_root.GetProperty("normalizer"), "type") == "Sequence" ? Items(_root.GetProperty("normalizer"), "normalizers")
            : [_root.GetProperty("normalizer")];
        bool isKnown = steps.Length is 1 or 2 && Text(steps[^1], "type") == "Replace" && Text(steps[^1], "content") == SpaceSign
            && steps[^1].GetProperty("pattern").TryGetProperty("String", out JsonElement space) && space.GetString() == " "
            && (steps.Length == 1 || (Text(steps[0], "type") == "Prepend" && Text(steps[0], "prepend") == SpaceSign));
        return isKnown ? steps.Length == 2 : throw Refused("changes the text in another way than LLaMA 2's");
    }

    // The first token before the text and the last behind it, where a post-processor puts some.
    private (int? Before, int? After) Template()
    {
        if (!Has(_root, "post_processor"))
        {
            return default;
        }

        JsonElement stage = _root.GetProperty("post_processor");
        JsonElement[] steps = Text(stage, "type") == "Sequence" ? Items(stage, "processors") : [stage];
        JsonElement[] templates = [.. steps.Where(step => Text(step, "type") == "TemplateProcessing")];
        if (templates.Length == 0)
        {
            return default;
        }

        JsonElement[] single = [.. Items(templates[0], "single")];
        int text = Array.FindIndex(single, part => part.TryGetProperty("Sequence", out _));
        if (templates.Length > 1 || text > 1 || single.Length - text > 2)
        {
            throw Refused("puts several tokens before or behind a text");
        }

        int? Id(int index) => index >= 0 && index < single.Length && index != text
            ? Array.IndexOf(_tokens, Text(single[index].GetProperty("SpecialToken"), "id")!)
            : null;
        return (Id(text - 1), Id(text + 1));
    }

    private int? NamedControl(params string[] names)
    {
        int[] ids = [.. names.Select(name => Array.IndexOf(_tokens, name)).Where(id => id >= 0 && _types[id] == GgufTokenType.Control)];
        return ids.Length > 0 ? ids[0] : null;
    }

    private static bool Has(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Flag(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static JsonElement[] Items(JsonElement parent, string name) =>
        Has(parent, name) ? [.. parent.GetProperty(name).EnumerateArray()] : [];

    private static ConfigurationException Refused(string what) =>
        new($"the tokenizer {what}, which a GGUF file has no place for; export the model as hf instead.");
}
