using System.Text;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Formats;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Decoders;
using GptSharp.Data.Tokenizers.Pipeline.Models;

namespace GptSharp.Data.Tokenizers;

/// <summary>
/// A tokenizer as other programs' files describe it. Text passes five stages, those of Hugging Face's tokenizers: added tokens are found
/// in it, what lies between them is normalized, divided into pieces, and encoded by a model; a template may put tokens around it all.
/// </summary>
public sealed class TextTokenizer : ITokenizer
{
    private readonly AddedTokenFinder _inText;
    private readonly AddedTokenFinder _inNormalized;
    private readonly TokenDecoder _decoder;
    private readonly Dictionary<int, AddedToken> _addedById;

    internal TextTokenizer(ITokenModel model, IReadOnlyList<AddedToken> addedTokens, TokenStages stages)
    {
        (Model, AddedTokens, Stages) = (model, addedTokens, stages);
        _addedById = addedTokens.ToDictionary(token => token.Id);
        VocabularySize = Math.Max(model.Count, addedTokens.Select(token => token.Id + 1).DefaultIfEmpty().Max());
        _inText = new AddedTokenFinder(addedTokens.Where(token => !token.Normalized).Select(token => (token, Encoding.UTF8.GetBytes(token.Content))));
        _inNormalized = new AddedTokenFinder(addedTokens
            .Where(token => token.Normalized)
            .Select(token => (token, Normalize(Encoding.UTF8.GetBytes(token.Content)))));
        _decoder = new TokenDecoder(VocabularySize, SpellingOf, stages.Decoder);
        MayCutBeforeLineFeeds = model is ByteLevelModel { Pairs.Pattern: not SplitPattern.None } && stages.PreTokenizers.Count == 0
            && stages.KeepsLineFeeds && !addedTokens.Any(HasLetterBeforeLineFeed);
    }

    /// <summary>A tokenizer that was just trained.</summary>
    /// <param name="training">What training made.</param>
    /// <param name="pattern">How its text was cut.</param>
    public static TextTokenizer Of(BpeTraining training, SplitPattern pattern) => ByteLevelTokenizers.Create(training, pattern);

    /// <inheritdoc/>
    public string Kind => Model is UnigramModel ? "unigram" : "bpe";

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public bool MayCutBeforeLineFeeds { get; }

    /// <summary>Tokens that are found in the text as they are written, special ones among them.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>The tokens that are put around a text which is encoded with its template.</summary>
    public TokenTemplate Template => Stages.Template;

    /// <summary>Byte-pair encoding of bytes, its merges and its pattern; null for a tokenizer of another kind.</summary>
    public BpeModel? BytePairs => (Model as ByteLevelModel)?.Pairs;

    /// <summary>The merges of byte-pair encoding, of bytes or of characters, lowest rank first; empty for unigrams.</summary>
    public IReadOnlyList<BpeMerge> Merges => Model switch
    {
        ByteLevelModel bytes => bytes.Merges,
        CharacterPairModel pairs => pairs.Merges,
        _ => [],
    };

    /// <summary>The token that begins a text: the template's first, or one that goes by a name for it; null if there is none.</summary>
    public int? BeginToken => Template.Before.Count > 0 ? Template.Before[0] : Named("<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>");

    /// <summary>The token that ends a text: the template's last, or one that goes by a name for it; null if there is none.</summary>
    public int? EndToken => Template.After.Count > 0 ? Template.After[^1] : Named("</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>");

    internal ITokenModel Model { get; }

    internal TokenStages Stages { get; }

    /// <summary>How a token is written in tokenizer files: in the letters of <see cref="ByteLevel"/>, or with U+2581 for spaces; null for an id that is not used.</summary>
    public string? SpellingOf(int id) => _addedById.TryGetValue(id, out AddedToken? added) ? added.Content : Model.SpellingOf(id);

    /// <summary>The token that is written like this.</summary>
    /// <returns>Its id; null if there is none.</returns>
    public int? Find(string spelling) =>
        AddedTokens.FirstOrDefault(token => token.Content == spelling)?.Id ?? (Model.TryFind(spelling, out int id) ? id : null);

    /// <summary>The bytes that a token writes in the midst of others.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _decoder.BytesOf(id);

    /// <summary>What a token is, in SentencePiece's and GGUF's terms.</summary>
    public SentencePieceType TypeOf(int id) =>
        SpellingOf(id) is not { } spelling ? SentencePieceType.Unused
        : UnknownOf(Model)?.Unknown == id ? SentencePieceType.Unknown
        : UnknownOf(Model) is { ByteFallback: true } && UnknownCharacters.TryReadByte(spelling, out _) ? SentencePieceType.Byte
        : !_addedById.TryGetValue(id, out AddedToken? added) ? SentencePieceType.Normal
        : added.Special ? SentencePieceType.Control
        : SentencePieceType.UserDefined;

    /// <summary>
    /// Scores of all tokens, as SentencePiece and GGUF have them: higher ones are preferred. Of byte-pair encoding they are the order of the
    /// merges that make a token; tokens that no merge makes come last, as their scores decide nothing.
    /// </summary>
    public IReadOnlyList<float> Scores()
    {
        var scores = new float[VocabularySize];
        if (Model is UnigramModel unigram)
        {
            for (int id = 0; id < unigram.Count; id++)
            {
                scores[id] = (float)unigram.ScoreOf(id);
            }

            return scores;
        }

        int rank = 0;
        foreach (BpeMerge merge in Merges)
        {
            if (scores[merge.Merged] == 0)
            {
                scores[merge.Merged] = -++rank;
            }
        }

        for (int id = 0; id < scores.Length; id++)
        {
            scores[id] = scores[id] == 0 && TypeOf(id) == SentencePieceType.Normal ? -++rank : scores[id];
        }

        return scores;
    }

    /// <inheritdoc/>
    public int[] Encode(string text) => Encode(text, withTemplate: false);

    /// <summary>The tokens of a text, those of the template around them if asked for.</summary>
    public int[] Encode(string text, bool withTemplate) => EncodeBytes(Encoding.UTF8.GetBytes(text), withTemplate);

    /// <inheritdoc/>
    public int[] EncodeBytes(ReadOnlySpan<byte> bytes) => EncodeBytes(bytes, withTemplate: false);

    /// <summary>The tokens of bytes, those of the template around them if asked for.</summary>
    public int[] EncodeBytes(ReadOnlySpan<byte> bytes, bool withTemplate)
    {
        var ids = new List<int>((bytes.Length / 3) + 8);
        byte[] text = bytes.ToArray();
        ids.AddRange(withTemplate ? Template.Before : []);
        _inText.Split(text, (token, part) => AddPart(text, token, part, ids));
        ids.AddRange(withTemplate ? Template.After : []);
        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <inheritdoc/>
    public byte[] DecodeContinuationBytes(ReadOnlySpan<int> tokens) => _decoder.Decode(tokens, continues: true);

    /// <inheritdoc/>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens) => _decoder.Decode(tokens, continues: false);

    private static UnknownCharacters? UnknownOf(ITokenModel model) =>
        model is CharacterPairModel pairs ? pairs.Unknown : (model as UnigramModel)?.Unknown;

    private int? Named(params string[] names) =>
        names.Select(name => AddedTokens.FirstOrDefault(token => token.Special && token.Content == name)).FirstOrDefault(token => token is not null)?.Id;

    private void AddPart(byte[] text, AddedToken? token, Range part, List<int> ids)
    {
        if (token is not null)
        {
            ids.Add(token.Id);
            return;
        }

        if (Stages is { Normalizer: null, PreTokenizers.Count: 0 } && _inNormalized.IsEmpty)
        {
            Model.Encode(text.AsSpan(part), ids);
            return;
        }

        byte[] normalized = Normalize(text[part]);
        bool beginsText = part.Start.Value == 0;
        _inNormalized.Split(normalized, (inner, range) =>
        {
            if (inner is not null)
            {
                ids.Add(inner.Id);
                return;
            }

            foreach (Piece piece in Pieces(new Piece(normalized.AsMemory(range), beginsText && range.Start.Value == 0)))
            {
                Model.Encode(piece.Text.Span, ids);
            }
        });
    }

    private byte[] Normalize(byte[] text) => Stages.Normalizer is { } normalizer && text.Length > 0 ? normalizer.Normalize(text) : text;

    private IEnumerable<Piece> Pieces(Piece text)
    {
        IEnumerable<Piece> pieces = [text];
        foreach (Pipeline.PreTokenizers.IPreTokenizer step in Stages.PreTokenizers)
        {
            pieces = pieces.SelectMany(step.Split);
        }

        return pieces;
    }

    private static bool HasLetterBeforeLineFeed(AddedToken token) =>
        Enumerable.Range(1, Math.Max(token.Content.Length - 1, 0)).Any(i => token.Content[i] == '\n' && char.IsAsciiLetter(token.Content[i - 1]));
}
