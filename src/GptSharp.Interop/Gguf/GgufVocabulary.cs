using GptSharp.Files.Gguf;

namespace GptSharp.Interop.Gguf;

/// <summary>A tokenizer as llama.cpp has it: the keys <c>tokenizer.ggml.*</c>.</summary>
internal sealed record GgufVocabulary
{
    public const string KeyPrefix = "tokenizer.ggml.";
    public const string ModelKey = KeyPrefix + "model";
    public const string PatternKey = KeyPrefix + "pre";
    public const string TokensKey = KeyPrefix + "tokens";
    public const string TypesKey = KeyPrefix + "token_type";
    public const string ScoresKey = KeyPrefix + "scores";
    public const string MergesKey = KeyPrefix + "merges";
    public const string BeginKey = KeyPrefix + "bos_token_id";
    public const string EndKey = KeyPrefix + "eos_token_id";
    public const string EndOfTurnKey = KeyPrefix + "eot_token_id";
    public const string UnknownKey = KeyPrefix + "unknown_token_id";
    public const string PaddingKey = KeyPrefix + "padding_token_id";
    public const string AddBeginKey = KeyPrefix + "add_bos_token";
    public const string AddEndKey = KeyPrefix + "add_eos_token";
    public const string AddSpaceKey = KeyPrefix + "add_space_prefix";

    /// <summary>Our own key: the tokens that begin and end a text are there because llama.cpp would otherwise take number 11.</summary>
    public const string StandInKey = "gptsharp.tokenizer.end_is_stand_in";

    /// <summary>Byte-level byte-pair encoding.</summary>
    public const string ByteLevel = "gpt2";

    /// <summary>SentencePiece's byte-pair encoding of characters, with scores.</summary>
    public const string SentencePiece = "llama";

    /// <summary>No tokenizer.</summary>
    public const string None = "none";

    /// <summary><see cref="ByteLevel"/> or <see cref="SentencePiece"/>.</summary>
    public required string Model { get; init; }

    /// <summary>Of a byte-level tokenizer, the name of the pattern that divides text into pieces.</summary>
    public string? Pattern { get; init; }

    /// <summary>How each token is written.</summary>
    public required string[] Tokens { get; init; }

    /// <summary>What each token is.</summary>
    public required GgufTokenType[] Types { get; init; }

    /// <summary>Of a byte-level tokenizer, the merges, first ones first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; init; } = [];

    /// <summary>Of a SentencePiece tokenizer, how early each token is merged: the highest first.</summary>
    public float[] Scores { get; init; } = [];

    /// <summary>Of a SentencePiece tokenizer, whether a space is put before text.</summary>
    public bool AddsSpace { get; init; }

    /// <summary>Whether <see cref="Begin"/> is put before a text.</summary>
    public bool AddsBegin { get; init; }

    /// <summary>Whether the end token is put behind a text.</summary>
    public bool AddsEnd { get; init; }

    /// <summary>The token that begins a text.</summary>
    public int? Begin { get; init; }

    /// <summary>The tokens that end a text; llama.cpp has two keys for such.</summary>
    public IReadOnlyList<int> Ends { get; init; } = [];

    /// <summary>The token that stands for what cannot be written.</summary>
    public int? Unknown { get; init; }

    /// <summary>The token that fills short sequences.</summary>
    public int? Padding { get; init; }

    /// <summary>Adds all keys.</summary>
    public void Write(GgufWriter writer)
    {
        writer.Add(ModelKey, GgufValue.Of(Model));
        if (Pattern is not null)
        {
            writer.Add(PatternKey, GgufValue.Of(Pattern));
        }

        writer.Add(TokensKey, GgufValue.OfMany(Tokens));
        writer.Add(TypesKey, GgufValue.OfMany<int>(Array.ConvertAll(Types, type => (int)type)));
        if (Model == ByteLevel)
        {
            writer.Add(MergesKey, GgufValue.OfMany([.. Merges.Select(merge => $"{merge.Left} {merge.Right}")]));
        }
        else
        {
            writer.Add(ScoresKey, GgufValue.OfMany<float>(Scores));
            writer.Add(AddSpaceKey, GgufValue.Of(AddsSpace));
        }

        // llama.cpp's defaults are ids of one model's special tokens, whatever stands there; so name one even where there is none.
        int standIn = StandIn();
        bool isStandIn = Begin is null && Ends.Count == 0;
        Write(writer, BeginKey, Begin ?? (Ends.Count > 0 ? Ends[0] : standIn));
        Write(writer, EndKey, Ends.Count > 0 ? Ends[0] : Begin ?? standIn);
        Write(writer, EndOfTurnKey, Ends.Count > 1 ? Ends[1] : null);
        Write(writer, UnknownKey, Unknown);
        Write(writer, PaddingKey, Padding);
        writer.Add(AddBeginKey, GgufValue.Of(AddsBegin));
        writer.Add(AddEndKey, GgufValue.Of(AddsEnd));
        if (isStandIn)
        {
            writer.Add(StandInKey, GgufValue.Of(true));
        }
    }

    private static void Write(GgufWriter writer, string key, int? token)
    {
        if (token is { } id)
        {
            writer.Add(key, GgufValue.Of((uint)id));
        }
    }

    // An unused row does no harm; a line's end is the least harmful end of a text.
    private int StandIn()
    {
        int unused = Array.IndexOf(Types, GgufTokenType.Unused);
        int lineEnd = Array.IndexOf(Tokens, Model == ByteLevel ? "\u010A" : "<0x0A>");
        return unused >= 0 ? unused : Math.Max(lineEnd, 0);
    }
}
