using System.Globalization;
using GptSharp.Nn.Modules;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn;

/// <summary>
/// The decoder-only transformer of GPT-2 (Radford et al. 2019): token and position embeddings, pre-norm blocks of masked
/// attention and MLP, a last norm, and a head that may share the token embedding's weight. Its <see cref="GptConfig"/> makes it a
/// Llama (Touvron et al. 2023, arXiv:2302.13971) or something between.
/// </summary>
public sealed class Gpt : IDisposable
{
    private readonly Parameter _tokenTable;
    private readonly SessionArena? _constants;
    private readonly Tensor _positions;
    private readonly DocumentStarts? _documents;
    private readonly Block[] _blocks;
    private readonly Norm _finalNorm;
    private readonly Parameter _head;
    private readonly uint _dropoutSite;
    private readonly Action<ulong> _initialize;
    private Recompute _recompute;
    private Func<Tensor, Tensor>[] _segments;

    /// <summary>Builds the model with all parameters zero: <see cref="Initialize"/> it or load it.</summary>
    /// <param name="engine">Where it lives.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="precision">How its numbers are stored; null for <see cref="Precision.Fp32"/>.</param>
    /// <exception cref="ConfigurationException">Sizes that do not fit together.</exception>
    public Gpt(Engine engine, GptConfig config, Precision? precision = null)
    {
        Engine = engine;
        Config = config.Validate();
        Arena = engine.NewModelArena(precision ?? Precision.Fp32);
        var builder = new ModuleBuilder(Arena);
        Shape tableShape = (config.PaddedVocabularySize, config.Width);
        var tableStart = Initialization.Normal(GptInitialization.Deviation, usedRows: config.VocabularySize);
        _tokenTable = builder.In("wte").Declare("weight", tableShape, tableStart);
        Parameter? positionTable = null;
        if (config.Positions == PositionEncoding.Learned)
        {
            positionTable = builder.In("wpe").Declare(
                "weight", (config.BlockSize, config.Width), Initialization.Normal(GptInitialization.Deviation));
        }

        if (config.Positions is PositionEncoding.Sinusoidal or PositionEncoding.Rope)
        {
            _constants = engine.NewSessionArena("constants");
        }

        Tensor rotaryTable = config.Positions == PositionEncoding.Rope
            ? RotaryTable.Create(_constants!, config, Arena.Precision.Storage.Statistics())
            : Tensor.None;
        _documents = config.DocumentToken is { } separator ? new DocumentStarts(separator) : null;
        _dropoutSite = builder.NextSite();
        _blocks = new Block[config.LayerCount];
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            _blocks[layer] = new Block(builder.In("h", layer), config, layer, rotaryTable);
        }

        _segments = Segments(documentStarts: Tensor.None);
        _finalNorm = new Norm(builder.In("ln_f"), config);
        _head = config.TieHead ? _tokenTable : builder.In("lm_head").Declare("weight", tableShape, tableStart);
        _initialize = builder.Commit();
        _positions = config.Positions == PositionEncoding.Sinusoidal
            ? SinusoidalPositions.Create(_constants!, config.BlockSize, config.Width, Arena.Precision.Storage)
            : positionTable?.Value ?? Tensor.None;
    }

    /// <summary>The engine that the model lives on.</summary>
    public Engine Engine { get; }

    /// <summary>The model's sizes.</summary>
    public GptConfig Config { get; }

    /// <summary>The model's parameters and their memory.</summary>
    public ModelArena Arena { get; }

    /// <summary>What backward computes again instead of keeping.</summary>
    public Recompute Recompute
    {
        get => _recompute;
        set
        {
            _recompute = value;
            _segments = Segments(documentStarts: Tensor.None);
            foreach (Block block in _blocks)
            {
                block.RecomputesAttention = value.Unit == RecomputeUnit.Attention;
            }
        }
    }

    /// <summary>
    /// Rows of logits that <see cref="Loss"/> holds at a time, see <see cref="Ops.LinearCrossEntropy"/>; null for all of them. The loss is the
    /// same, the head's gradient but for the order in which it is added up.
    /// </summary>
    public int? LossRows { get; set; }

    /// <summary>Number of parameters: the tied head once, padding not at all.</summary>
    public long ParameterCount => Arena.Parameters.Sum(LogicalCount);

    /// <summary>Gives every parameter its first values, a function of the seed alone.</summary>
    public void Initialize(ulong seed) => _initialize(seed);

    /// <summary>The scores of every next token.</summary>
    /// <param name="tokens">I32 (B, T), T at most the block size.</param>
    /// <returns>(B, T, Vp): columns from the vocabulary size on are padding.</returns>
    /// <exception cref="TensorException">A sequence longer than the block.</exception>
    public Tensor Forward(Tensor tokens)
    {
        Step step = Engine.CurrentStep;
        return Scores(step, Trunk(step, tokens));                                   // (B, T, Vp)
    }

    /// <summary>
    /// The mean cross-entropy of the next tokens, in nats. In a step that records gradients, <see cref="GptConfig.ZLoss"/> is added.
    /// </summary>
    /// <param name="tokens">I32 (B, T).</param>
    /// <param name="targets">I32 (B, T), the tokens that follow; <see cref="Ops.IgnoredTarget"/> is not scored.</param>
    /// <param name="validCount">Scored targets of the whole global batch, by which the sum is divided.</param>
    public Tensor Loss(Tensor tokens, Tensor targets, long validCount)
    {
        Step step = Engine.CurrentStep;
        double zLoss = step.Options.RecordGradients ? Config.ZLoss : 0;
        if (LossRows is not { } rows)
        {
            return Ops.CrossEntropy(Forward(tokens), targets, Config.VocabularySize, validCount, zLoss);                  // (1)
        }

        Tensor x = Trunk(step, tokens);                                             // (B, T, C)
        return After(step, x, Ops.LinearCrossEntropy(
            x, _head.Value, targets, Config.VocabularySize, validCount, rows, Config.LogitCap, zLoss));                   // (1)
    }

    /// <summary>An empty cache for generating with this model.</summary>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="capacity">Positions per sequence; at most the block size.</param>
    public KeyValueCache NewCache(int batch, int capacity)
    {
        CheckLength(capacity);
        return new KeyValueCache(Engine, Config, batch, capacity, Arena.Precision.Storage);
    }

    /// <summary>
    /// Lays the weights out anew, where they lie, for generating token after token, where the backend has an order for that
    /// (<see cref="IBackend.Arrange"/>). Meanwhile only forward passes of the model may read them.
    /// </summary>
    /// <returns>Gives them their usual order again when it is disposed, which must be before the model is.</returns>
    /// <remarks>A dry run has no weights to lay out.</remarks>
    public IDisposable ArrangeWeights() => new ArrangedWeights(Engine.Backend, Arena.Parameters
        .Where(parameter => !Engine.Options.IsDryRun && parameter.Value.Shape.Rank == 2 && (parameter == _head || !IsEmbedding(parameter)))
        .Select(parameter => parameter.Value));

    /// <summary>
    /// Scores of the token after the last real one of each sequence. The cache gains the positions; advance its lengths by the
    /// number of real tokens of each sequence afterwards.
    /// </summary>
    /// <param name="tokens">I32 (B, N): N new tokens of each sequence, padded at the end.</param>
    /// <param name="counts">How many of each sequence's N are real, at least 1.</param>
    /// <param name="cache">The sequences so far.</param>
    /// <returns>(B, Vp).</returns>
    public Tensor ForwardCached(Tensor tokens, ReadOnlySpan<int> counts, KeyValueCache cache)
    {
        Step step = Engine.CurrentStep;
        (int batch, int added) = (tokens.Shape[0], tokens.Shape[1]);
        var last = new int[batch];
        for (int b = 0; b < batch; b++)
        {
            last[b] = (b * added) + counts[b] - 1;
        }

        Tensor starts = step.Input(cache.Lengths, batch);                                    // (B)
        Tensor documentStarts = _documents?.Of(step, tokens, cache) ?? Tensor.None;          // (B, N)
        Tensor x = Ops.Embedding(tokens, _tokenTable.Value);                                 // (B, N, C)
        x = _positions.IsNone ? x : Ops.Add(x, PositionsAfter(cache, step, batch, added));   // (B, N, C)
        foreach (Block block in _blocks)
        {
            Tensor y = step.Scope(input => block.Forward(input, cache, starts, documentStarts), x);
            x = After(step, x, y);                                                           // (B, N, C)
        }

        x = After(step, x, Ops.Embedding(step.Input(last, batch), x));                       // (B, C)
        x = After(step, x, _finalNorm.Forward(x));                                           // (B, C)
        return Scores(step, x);                                                              // (B, Vp)
    }

    /// <summary>Elements of a parameter that are not padding.</summary>
    public long LogicalCount(Parameter parameter) => (long)LogicalRows(parameter) * parameter.Value.Shape.Last;

    /// <summary>Rows of a parameter that are not padding: the vocabulary size for token tables, 1 for a vector.</summary>
    public int LogicalRows(Parameter parameter)
    {
        bool isPadded = parameter == _tokenTable || parameter == _head;
        return isPadded ? Config.VocabularySize : checked((int)parameter.Value.Shape.Rows);
    }

    /// <summary>The block that a parameter belongs to, from 0; null for one outside the blocks.</summary>
    public static int? LayerOf(Parameter parameter) => parameter.Name.Split('.') is ["h", var layer, ..]
        ? int.Parse(layer, CultureInfo.InvariantCulture)
        : null;

    /// <summary>Whether a parameter is the table of tokens or of positions.</summary>
    public bool IsEmbedding(Parameter parameter) => parameter == _tokenTable || parameter.Value == _positions;

    /// <summary>Frees the model's memory.</summary>
    public void Dispose()
    {
        Arena.Dispose();
        _constants?.Dispose();
    }

    // What the head reads.
    private Tensor Trunk(Step step, Tensor tokens)
    {
        CheckLength(tokens.Shape.Last);
        Tensor documentStarts = _documents?.Of(step, tokens) ?? Tensor.None;        // (B, T)
        Tensor x = _positions.IsNone
            ? Ops.Embedding(tokens, _tokenTable.Value)
            : Ops.Embedding(tokens, _tokenTable.Value, _positions);                 // (B, T, C)
        x = Ops.Dropout(x, Config.Dropout, _dropoutSite);
        foreach (Func<Tensor, Tensor> segment in documentStarts.IsNone ? _segments : Segments(documentStarts))
        {
            x = After(step, x, step.Scope(segment, x, _recompute.Unit == RecomputeUnit.Blocks));    // (B, T, C)
        }

        return After(step, x, _finalNorm.Forward(x));                               // (B, T, C)
    }

    private Tensor Scores(Step step, Tensor x)
    {
        Tensor logits = Ops.Linear(x, _head.Value, usedOutputs: Config.VocabularySize);      // (..., Vp)
        logits = After(step, x, logits);
        return Config.LogitCap > 0 ? After(step, logits, Ops.SoftCap(logits, Config.LogitCap)) : logits;
    }

    // What is never read again goes back at once: an evaluation then holds one block's activations at a time, not all of them.
    private static Tensor After(Step step, Tensor input, Tensor output)
    {
        if (output != input)
        {
            step.Release(input);
        }

        return output;
    }

    // (B, N, C)
    private Tensor PositionsAfter(KeyValueCache cache, Step step, int batch, int added)
    {
        var positions = new int[batch * added];
        for (int i = 0; i < positions.Length; i++)
        {
            // Padding may stand beyond the table; its result is never used.
            positions[i] = Math.Min(cache.Lengths[i / added] + (i % added), Config.BlockSize - 1);
        }

        return Ops.Embedding(step.Input(positions, (batch, added)), _positions);
    }

    // The blocks as bodies of scopes: one each, or runs of several of which only the first one's input is kept.
    private Func<Tensor, Tensor>[] Segments(Tensor documentStarts)
    {
        Func<Tensor, Tensor>[] bodies = Array.ConvertAll(
            _blocks, block => documentStarts.IsNone ? block.Body : x => block.Forward(x, documentStarts));
        return _recompute.Blocks <= 1 ? bodies : [.. bodies.Chunk(_recompute.Blocks).Select(InTurn)];
    }

    private Func<Tensor, Tensor> InTurn(Func<Tensor, Tensor>[] bodies) => x =>
    {
        Step step = Engine.CurrentStep;
        Tensor y = step.Scope(bodies[0], x);                                                 // (B, T, C)
        foreach (Func<Tensor, Tensor> body in bodies.AsSpan(1))
        {
            y = After(step, y, step.Scope(body, y));                                         // (B, T, C)
        }

        return y;
    };

    private void CheckLength(int length)
    {
        if (length > Config.BlockSize)
        {
            throw new TensorException($"A sequence of {length} tokens is longer than the model's block of {Config.BlockSize}.");
        }
    }
}
