using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Models;
using GptSharp.Files;
using static GptSharp.Data.Tokenizers.Formats.KnownStages;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>
/// Tokenizers from SentencePiece's .model files, of byte-pair encoding and unigrams, in the form in which Hugging Face's libraries convert
/// them: control pieces are special tokens, and each text between such tokens gets its own U+2581.
/// </summary>
internal static class SentencePieceFile
{
    private const int Unigram = 1;
    private const int Pairs = 2;

    // Trainers stop at 16 characters unless told otherwise; every division of a piece is tried, so length must have an end.
    private const int LongestPiece = 256;
    private const string Sign = "\u2581";

    /// <summary>Whether a file begins like one: with its first piece, a message in field 1.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> bytes) => bytes is [0x0A, _, 0x0A, ..];

    /// <summary>Reads a file.</summary>
    /// <exception cref="RefusedFileException">It is damaged, or cannot be honoured.</exception>
    public static TextTokenizer Read(string path, byte[] file)
    {
        SentencePieceModel model = SentencePieceModel.Read(path, file);
        Check(path, model);
        var tokens = new TokenList(model.Pieces.Count);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            int here = id;
            tokens.Add(model.Pieces[id].Text, id, problem => new RefusedFileException(path, FormattableString.Invariant($"piece {here} {problem}")));
        }

        AddedToken[] added =
        [
            .. model.Pieces.Index()
                .Where(piece => piece.Item.Type is SentencePieceType.Control or SentencePieceType.Unknown or SentencePieceType.UserDefined)
                .Select(piece => new AddedToken(piece.Index, piece.Item.Text) { Special = piece.Item.Type != SentencePieceType.UserDefined }),
        ];
        StageTexts texts = Stages(model, Marks(model));
        TokenStages stages = ByteLevelTokenizers.Stages(texts);
        return new TextTokenizer(
            model.Kind == Pairs ? CreatePairs(model, tokens) : CreateUnigrams(model),
            added,
            stages with { Normalizer = Normalizer(path, texts), KeepsLineFeeds = false });
    }

    private static void Check(string path, SentencePieceModel model)
    {
        string? problem = model.Pieces.Count == 0 ? "it has no pieces."
            : model.Kind is not (Unigram or Pairs) ? FormattableString.Invariant($"its model_type is {model.Kind}, but GptSharp has unigram (1) and bpe (2).")
            : model.SpaceIsSuffix ? "it sets treat_whitespace_as_suffix, which GptSharp does not have."
            : !model.EscapesSpaces ? "it sets escape_whitespaces to false, which GptSharp does not have."
            : model.CharacterMap.Length == 0 && model.RulesName is not ("" or "identity") ? $"its normalization rules are '{model.RulesName}', but it does not hold them."
            : model.Kind == Pairs && model.Pieces.FindIndex(piece => IsText(piece.Type) && piece.Text.Length > LongestPiece) is >= 0 and int index
                ? FormattableString.Invariant($"piece {index} has {model.Pieces[index].Text.Length} characters, but the longest may have {LongestPiece}.")
            : null;
        if (problem is not null)
        {
            throw new RefusedFileException(path, problem);
        }
    }

    private static (int? Begin, int? End, int? Unknown) Marks(SentencePieceModel model)
    {
        int? Of(int id, SentencePieceType type) => id >= 0 && id < model.Pieces.Count && model.Pieces[id].Type == type ? id : null;
        int unknown = model.Pieces.FindIndex(piece => piece.Type == SentencePieceType.Unknown);
        return (Of(model.BeginId, SentencePieceType.Control), Of(model.EndId, SentencePieceType.Control), unknown < 0 ? null : unknown);
    }

    // Texts begin with <s> where there is one; where there is none, as in T5, they end with </s>.
    private static StageTexts Stages(SentencePieceModel model, (int? Begin, int? End, int? Unknown) marks)
    {
        (string, int)? Mark(int? id) => id is { } known ? (model.Pieces[known].Text, known) : null;

        List<string> normalizers = [];
        if (model.CharacterMap.Length > 0)
        {
            normalizers.Add($$$"""{"type":"Precompiled","precompiled_charsmap":"{{{Convert.ToBase64String(model.CharacterMap)}}}"}""");
        }

        if (model.RemovesExtraSpaces)
        {
            normalizers.AddRange([ReplaceRegex("^ +", ""), ReplaceRegex(" +$", ""), ReplaceRegex(" {2,}", " ")]);
        }

        if (model.AddsPrefix)
        {
            normalizers.Add($$$"""{"type":"Prepend","prepend":"{{{Sign}}}"}""");
        }

        normalizers.Add($$$"""{"type":"Replace","pattern":{"String":" "},"content":"{{{Sign}}}"}""");
        string strip = model.AddsPrefix ? """,{"type":"Strip","content":" ","start":1,"stop":0}""" : "";
        return new StageTexts(
            $$$"""{"type":"Sequence","normalizers":[{{{string.Join(',', normalizers)}}}]}""",
            "null",
            Template(Mark(marks.Begin), marks.Begin is null ? Mark(marks.End) : null),
            $$$"""
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"{{{Sign}}}"},"content":" "},
            {"type":"ByteFallback"},{"type":"Fuse"}{{{strip}}}]}
            """);
    }

    private static string ReplaceRegex(string regex, string content) =>
        $$$"""{"type":"Replace","pattern":{"Regex":"{{{regex}}}"},"content":"{{{content}}}"}""";

    private static Pipeline.Normalizers.INormalizer? Normalizer(string path, StageTexts texts)
    {
        using var document = System.Text.Json.JsonDocument.Parse(texts.Normalizer);
        return NormalizerReader.Read(Files.Json.JsonPlace.Of(path, document));
    }

    // SentencePiece has no list of merges: any two adjacent pieces whose text together is a piece may merge, the one of the best score
    // first. As a list: every division of every piece, by score; of equal scores, the one with the longer first part.
    private static CharacterPairModel CreatePairs(SentencePieceModel model, TokenList tokens)
    {
        var merges = new List<(BpeMerge Merge, float Score, int LeftLength)>();
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            (string text, float score, SentencePieceType type) = model.Pieces[id];
            for (int cut = 1; IsText(type) && cut < text.Length; cut++)
            {
                int left = char.IsLowSurrogate(text[cut]) ? -1 : Find(text[..cut]);
                int right = left < 0 ? -1 : Find(text[cut..]);
                if (right >= 0)
                {
                    merges.Add((new BpeMerge(left, right, id), score, cut));
                }
            }
        }

        return new CharacterPairModel(
            tokens.Spellings,
            [.. merges.OrderByDescending(merge => merge.Score).ThenByDescending(merge => merge.LeftLength).Select(merge => merge.Merge)])
        {
            Unknown = new UnknownCharacters(Marks(model).Unknown, model.ByteFallback, tokens.Find),
            FusesUnknown = true,
        };

        int Find(string text) => tokens.Find(text) is >= 0 and int id && IsText(model.Pieces[id].Type) ? id : -1;
    }

    private static bool IsText(SentencePieceType type) => type is SentencePieceType.Normal or SentencePieceType.UserDefined;

    private static UnigramModel CreateUnigrams(SentencePieceModel model) =>
        new([.. model.Pieces.Select(piece => (piece.Text, (double)piece.Score))], Marks(model).Unknown, model.ByteFallback);
}
