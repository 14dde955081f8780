using GptSharp.Files.Onnx;
using GptSharp.Nn;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// A <see cref="Gpt"/> as a graph, with the inputs and outputs that programs for decoders expect: new tokens, mask and positions, and per
/// layer the keys and values of the past, which come back grown by the new tokens. The past may be empty. Keys and values have as many
/// heads as the model has of them, and are not repeated for the queries that share them.
/// Letters: B sequences of N new tokens, T tokens with the past's; V, C, H, G, D as everywhere.
/// </summary>
internal sealed class GptGraph
{
    private const string Batch = "batch_size";
    private const string New = "sequence_length";
    private const string Past = "past_sequence_length";
    private const string Total = "total_sequence_length";

    private readonly GptConfig _config;
    private readonly OnnxGraphBuilder _builder;
    private readonly GptWeights _weights;
    private readonly NormGraph _norm;

    private GptGraph(Gpt model, OnnxType type, OnnxGraphBuilder builder)
    {
        (_config, _builder) = (model.Config, builder);
        _weights = new GptWeights(model, type, builder);
        _norm = new NormGraph(_config, builder, _weights);
    }

    /// <summary>The graph of a model. The model must live until the graph is written.</summary>
    /// <param name="model">The model.</param>
    /// <param name="type">How its parameters are stored: FLOAT or FLOAT16. The arithmetic is float32 in any case.</param>
    /// <exception cref="ConfigurationException">The model has an option that no such graph can have.</exception>
    public static OnnxGraph Of(Gpt model, OnnxType type = OnnxType.FLOAT)
    {
        if (model.Config.DocumentToken is not null)
        {
            throw new ConfigurationException(
                "a model with document masking (model.document_mask) cannot be exported as ONNX: where documents begin is known from their tokens, "
                + "and of the past a graph is given keys and values only; export it as --format hf or gguf if its other options allow, or train without the mask.",
                "model.document_mask");
        }

        var graph = new OnnxGraph("gpt");
        new GptGraph(model, type, new OnnxGraphBuilder(graph)).Build();
        return graph;
    }

    private void Build()
    {
        string tokens = _builder.Input("input_ids", OnnxType.INT64, Batch, New);
        string mask = _builder.Input("attention_mask", OnnxType.INT64, Batch, Total);
        string positions = _builder.Input("position_ids", OnnxType.INT64, Batch, New);

        _builder.Part = "mask";
        string bias = new MaskGraph(_config, _builder, _weights).Bias(tokens, mask);                     // (B, 1 or H, N, T)
        _builder.Part = "positions";
        RopeGraph? rope = _config.Positions == PositionEncoding.Rope ? new RopeGraph(_config, _builder, _weights, positions) : null;

        _builder.Part = "embedding";
        string tokenTable = _weights.Plain("wte.weight");                                                // (V, C)
        string x = _builder.Gather(tokenTable, tokens);                                                  // (B, N, C)
        if (PositionTable() is { } positionTable)
        {
            x = _builder.Add(x, _builder.Gather(positionTable, positions));                              // (B, N, C)
        }

        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            x = Block(x, layer, bias, rope);                                                            // (B, N, C)
        }

        _builder.Part = "head";
        x = _norm.Of(x, "ln_f");                                                                         // (B, N, C)
        string head = _config.TieHead ? _builder.Transpose(tokenTable, 1, 0) : _weights.Transposed("lm_head.weight");     // (C, V)
        string logits = _builder.MatMul(x, head);                                                        // (B, N, V)
        _ = _config.LogitCap > 0 ? _builder.SoftCap(logits, _config.LogitCap) : logits;
        _builder.FirstOutput("logits", OnnxType.FLOAT, Batch, New, _config.VocabularySize);
    }

    // x + attention(norm(x)), then x + mlp(norm(x)); or both of one norm.
    private string Block(string x, int layer, string bias, RopeGraph? rope)
    {
        string block = FormattableString.Invariant($"h.{layer}");
        _builder.Part = block + ".attn";
        string normal = _norm.Of(x, block + ".ln_1");                                                    // (B, N, C)
        string mixed = Attention(normal, layer, block, bias, rope);                                     // (B, N, C)
        x = _builder.Add(x, mixed);
        _builder.Part = block + ".mlp";
        normal = _config.Parallel ? normal : _norm.Of(x, block + ".ln_2");
        string hidden = _weights.Linear(normal, block + ".mlp.c_fc");                                    // (B, N, F), or (B, N, 2F) gated
        string active = ActivationGraph.Of(_builder, _config, hidden);                                   // (B, N, F)
        return _builder.Add(x, _weights.Linear(active, block + ".mlp.c_proj"));
    }

    private string Attention(string normal, int layer, string block, string bias, RopeGraph? rope)
    {
        (int heads, int keyHeads, int size) = (_config.HeadCount, _config.KeyHeadCount, _config.HeadSize);
        string packed = _weights.Linear(normal, block + ".attn.c_attn");                                 // (B, N, (H + 2 G) D)
        string[] parts = _builder.Split(packed, (long)heads * size, (long)keyHeads * size, (long)keyHeads * size);
        (string q, string k, string v) = (Heads(parts[0], heads), Heads(parts[1], keyHeads), Heads(parts[2], keyHeads));  // (B, H or G, N, D)
        if (_config.QkNorm)
        {
            q = _norm.RootMeanSquare(q, _weights.Plain(block + ".attn.q_norm.weight"));
            k = _norm.RootMeanSquare(k, _weights.Plain(block + ".attn.k_norm.weight"));
        }

        (q, k) = rope is null ? (q, k) : (rope.Turn(q), rope.Turn(k));
        k = WithPast(k, FormattableString.Invariant($"{layer}.key"));                                    // (B, G, T, D)
        v = WithPast(v, FormattableString.Invariant($"{layer}.value"));                                  // (B, G, T, D)

        // Query heads that share a key head stand below each other: their scores are one product, and nothing is repeated.
        q = _builder.Multiply(q, _builder.Constant(1 / Math.Sqrt(size)));
        q = heads == keyHeads ? q : _builder.Reshape(q, 0, keyHeads, -1, size);                          // (B, G, H/G N, D)
        string scores = _builder.MatMul(q, _builder.Transpose(k, 0, 1, 3, 2));                           // (B, G, H/G N, T)
        scores = heads == keyHeads ? scores : _builder.Reshape(scores, 0, heads, -1, 0);                 // (B, H, N, T)
        scores = _config.AttentionCap > 0 ? _builder.SoftCap(scores, _config.AttentionCap) : scores;
        string weights = _builder.Node("Softmax", [_builder.Add(scores, bias)], ("axis", -1L));         // (B, H, N, T)
        weights = heads == keyHeads ? weights : _builder.Reshape(weights, 0, keyHeads, -1, 0);           // (B, G, H/G N, T)
        string mixed = _builder.MatMul(weights, v);                                                      // (B, G, H/G N, D)
        mixed = heads == keyHeads ? mixed : _builder.Reshape(mixed, 0, heads, -1, size);                 // (B, H, N, D)
        mixed = _builder.Reshape(_builder.Transpose(mixed, 0, 2, 1, 3), 0, 0, (long)heads * size);       // (B, N, H D)
        return _weights.Linear(mixed, block + ".attn.c_proj");                                           // (B, N, C)
    }

    // (B, N, heads D) to (B, heads, N, D)
    private string Heads(string x, int count) => _builder.Transpose(_builder.Reshape(x, 0, 0, count, _config.HeadSize), 0, 2, 1, 3);

    // (B, G, N, D) to (B, G, T, D), which goes out as well.
    private string WithPast(string x, string name)
    {
        string past = _builder.Input($"past_key_values.{name}", OnnxType.FLOAT, Batch, _config.KeyHeadCount, Past, _config.HeadSize);
        _builder.Concat(2, past, x);
        return _builder.Output($"present.{name}", OnnxType.FLOAT, Batch, _config.KeyHeadCount, Total, _config.HeadSize);
    }

    // (S, C), or null
    private string? PositionTable() => _config.Positions switch
    {
        PositionEncoding.Learned => _weights.Plain("wpe.weight"),
        PositionEncoding.Sinusoidal => _weights.Table(
            "wpe.sinusoidal", [_config.BlockSize, _config.Width], () => SinusoidalPositions.Values(_config.BlockSize, _config.Width)),
        _ => null,
    };
}
