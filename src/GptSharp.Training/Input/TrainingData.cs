using System.Text.Json;
using GptSharp.Data;
using GptSharp.Data.Sampling;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Input;

/// <summary>What a run learns from: a tokenizer and its splits, and the grammar behind them if there is one.</summary>
public sealed class TrainingData : IDisposable
{
    private readonly IDisposable? _owned;
    private readonly int? _separator;
    private readonly MixedSources? _mixed;

    internal TrainingData(
        string description, string identity, ITokenizer tokenizer, ITokenSource training, ITokenSource? validation, ITokenSource? test,
        StoryGrammar? grammar = null, IDisposable? owned = null, int? separator = null, MixedSources? mixed = null)
    {
        (_separator, _mixed) = (separator, mixed);
        (Description, Identity, Tokenizer, Training, Validation, Test, Grammar, _owned) =
            (description, identity, tokenizer, training, validation, test, grammar, owned);
    }

    /// <summary>What it is, in words for the user.</summary>
    public string Description { get; }

    /// <summary>Changes when its text does.</summary>
    public string Identity { get; }

    /// <summary>How its text became tokens.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>What is learnt.</summary>
    public ITokenSource Training { get; }

    /// <summary>What the model is judged by while it learns; null if nothing was kept for it.</summary>
    public ITokenSource? Validation { get; }

    /// <summary>What the model is judged by at the end; null if nothing was kept for it.</summary>
    public ITokenSource? Test { get; }

    /// <summary>What wrote the texts; null for texts that somebody wrote.</summary>
    public StoryGrammar? Grammar { get; }

    /// <summary>The token from which a text starts: see <see cref="TextMarks"/>; where there is none, the first token of the training split.</summary>
    public int StartToken => Marks.Start ?? FirstToken();

    /// <summary>The token that ends a text, or null where texts have no end.</summary>
    public int? StopToken => Marks.Stop;

    // Set where the data is opened, since it depends on the configuration.
    private TextMarks Marks { get; set; }

    /// <summary>Opens the data set that a configuration names.</summary>
    /// <exception cref="CorpusException">It is not there; the sentence says how to get it.</exception>
    public static TrainingData Open(DataSection section)
    {
        TrainingData data = section.IsBuiltIn ? OpenStories(section) : PreparedData.Open(section);
        data.Marks = TextMarks.Of(section, data.Tokenizer, data._separator);
        return data;
    }

    /// <summary>The token that begins a document.</summary>
    /// <param name="section">The configuration that may name it.</param>
    /// <returns>The token, or null if there is none.</returns>
    /// <exception cref="ConfigurationException">What the configuration names is not one token.</exception>
    public int? SeparatorToken(DataSection section) => section.EffectiveSeparator is not { } text ? _separator
        : TextMarks.TokenOf(Tokenizer, text) ?? throw new ConfigurationException(
            $"data.separator ({JsonSerializer.Serialize(text)}) is not one token of data.tokenizer ({Tokenizer.Kind}); "
            + "name a text that is.",
            "data.separator");

    /// <summary>A split, cut into blocks.</summary>
    /// <param name="split">Which.</param>
    /// <param name="blockLength">T.</param>
    /// <param name="alignment">Where blocks start.</param>
    /// <returns>The blocks, or null if nothing was kept for this split.</returns>
    /// <exception cref="CorpusException">The split is shorter than a block.</exception>
    public BlockSet? Blocks(Split split, int blockLength, BlockAlignment alignment)
    {
        ITokenSource? source = split switch
        {
            Split.Training => Training,
            Split.Validation => Validation,
            _ => Test,
        };
        try
        {
            return source is null ? null : new BlockSet(source, blockLength, alignment);
        }
        catch (CorpusException exception)
        {
            throw new CorpusException($"The {split.ToString().ToLowerInvariant()} split is too short. {exception.Message}", exception);
        }
    }

    /// <summary>What a run sees: blocks of the training split, or of those of a mixture.</summary>
    /// <param name="blockLength">T.</param>
    /// <param name="alignment">Where blocks start.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="batchSize">Blocks per batch.</param>
    /// <exception cref="CorpusException">The split is shorter than a block.</exception>
    public BatchSampler Sampler(int blockLength, BlockAlignment alignment, ulong seed, int batchSize) => _mixed is { } mixed
        ? new BatchSampler(mixed.Mix(blockLength, alignment), seed, batchSize)
        : new BatchSampler(Blocks(Split.Training, blockLength, alignment)!, seed, batchSize);

    /// <summary>Refuses data that a model does not know.</summary>
    /// <param name="tokenizer">The JSON text of the model's tokenizer.</param>
    /// <param name="checkpoint">Where the model comes from, for the message.</param>
    /// <exception cref="ConfigurationException">The vocabularies differ, so that tokens would mean something else.</exception>
    public void RequireTokenizer(string tokenizer, string checkpoint)
    {
        if (TokenizerFile.ToJson(Tokenizer) != tokenizer)
        {
            throw new ConfigurationException(
                $"the vocabulary of {Description} ({Tokenizer.Kind}, {Tokenizer.VocabularySize} tokens) is not the one that {checkpoint} was "
                + "trained with; use the data set of that run.",
                "data.name");
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _owned?.Dispose();

    private static TrainingData OpenStories(DataSection section)
    {
        StoryGrammar grammar = StoryGrammar.BuiltIn;
        StoryCorpus corpus = StoryCorpus.Write(
            grammar, section.StoriesSeed, section.StoriesCharacters, section.EffectiveValidationShare, section.EffectiveTestShare);
        ITokenizer tokenizer = section.Tokenizer switch
        {
            "byte" => new ByteTokenizer(),
            "char" => CharTokenizer.Of(grammar.Alphabet),
            _ => throw new ConfigurationException($"data.tokenizer is {section.Tokenizer}, but the built-in stories have a token for each character: char or byte.", "data.tokenizer"),
        };
        return new TrainingData(
            FormattableString.Invariant($"the built-in stories ({section.StoriesCharacters:N0} characters)"), grammar.Identity,
            tokenizer, Tokens(corpus.Training), IfAny(corpus.Validation), IfAny(corpus.Test), grammar);

        MemoryTokens? IfAny(StorySplit split) => split.Starts.Count == 0 ? null : Tokens(split);

        // Stories are ASCII: a character is a token, whichever tokenizer it is.
        MemoryTokens Tokens(StorySplit split) => new(tokenizer.Encode(split.Text), tokenizer.VocabularySize, split.Starts);
    }

    private int FirstToken()
    {
        Span<int> token = stackalloc int[1];
        Training.Read(0, token);
        return token[0];
    }
}
