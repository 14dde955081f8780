using GptSharp.Files;
using GptSharp.Files.Gguf;
using GptSharp.Nn;

namespace GptSharp.Interop.Gguf;

/// <summary>The keys of a GGUF file that say a model's shape; all but <c>general.*</c> begin with the architecture's name.</summary>
internal static class GgufHyperparameters
{
    public const string Architecture = "general.architecture";

    private const string Context = "context_length";
    private const string Width = "embedding_length";
    private const string Layers = "block_count";
    private const string MlpWidth = "feed_forward_length";
    private const string Heads = "attention.head_count";
    private const string KeyHeads = "attention.head_count_kv";
    private const string KeySize = "attention.key_length";
    private const string ValueSize = "attention.value_length";
    private const string LayerNormEpsilon = "attention.layer_norm_epsilon";
    private const string RmsEpsilon = "attention.layer_norm_rms_epsilon";
    private const string VocabularySize = "vocab_size";
    private const string Window = "attention.sliding_window";

    // Whatever else stands there may change the computation; these do not, or only when they are not zero.
    private static readonly string[] KnownKeys =
        [Context, Width, Layers, MlpWidth, Heads, KeyHeads, KeySize, ValueSize, LayerNormEpsilon, RmsEpsilon, VocabularySize, Window, .. GgufRope.Keys];

    private static readonly string[] KeysThatMustBeZero = ["expert_count", "expert_used_count"];

    public static void Write(GgufWriter writer, GgufArchitecture architecture, GptConfig config)
    {
        void Number(string key, int value) => writer.Add($"{architecture.Name}.{key}", GgufValue.Of((uint)value));

        Number(Context, config.BlockSize);
        Number(Width, config.Width);
        Number(Layers, config.LayerCount);
        Number(MlpWidth, config.MlpWidth);
        Number(Heads, config.HeadCount);
        Number(VocabularySize, config.VocabularySize);
        writer.Add(
            $"{architecture.Name}.{(architecture.IsGpt2 ? LayerNormEpsilon : RmsEpsilon)}", GgufValue.Of((float)config.LayerNormEpsilon));
        if (!architecture.IsGpt2)
        {
            Number(KeyHeads, config.KeyHeadCount);
            Number(KeySize, config.HeadSize);
            Number(ValueSize, config.HeadSize);
            GgufRope.Write(writer, architecture, config);
        }
    }

    public static GgufArchitecture ReadArchitecture(GgufMetadata metadata)
    {
        string name = metadata.Text(Architecture) ?? throw metadata.Missing(Architecture);
        return GgufArchitecture.All.FirstOrDefault(architecture => architecture.Name == name) ?? throw new RefusedFileException(
            metadata.Path, $"{Architecture} is \"{name}\"; {string.Join(", ", GgufArchitecture.All.Select(known => known.Name))} can be read.");
    }

    /// <summary>Reads a model's shape.</summary>
    /// <exception cref="RefusedFileException">A key is missing or ill-typed, or the model uses an option that is not supported.</exception>
    public static GptConfig Read(GgufFile file, GgufMetadata metadata, GgufArchitecture architecture)
    {
        CheckKeys(metadata, architecture.Name + ".");
        string Key(string key) => $"{architecture.Name}.{key}";
        int width = metadata.RequiredCount(Key(Width));
        int heads = metadata.CountOfEveryLayer(Key(Heads)) ?? throw metadata.Missing(Key(Heads));
        int? headSize = metadata.Count(Key(KeySize));
        int block = metadata.RequiredCount(Key(Context));
        if (headSize != metadata.Count(Key(ValueSize)) || (headSize is null && width % heads != 0))
        {
            throw new RefusedFileException(
                metadata.Path, $"{Key(KeySize)} and {Key(ValueSize)} must be equal, and without them {Key(Heads)} ({heads}) must divide {Key(Width)} ({width}).");
        }

        if (metadata.Count(Key(Window), least: 0) is > 0 and var window && window < block)
        {
            throw new RefusedFileException(metadata.Path, $"{Key(Window)} is {window}; a sliding window is not supported in a GGUF file here.");
        }

        bool HasBias(string layer) => architecture.IsGpt2 || file.Find($"blk.0.{layer}.bias") is not null;

        string epsilonKey = Key(architecture.IsGpt2 ? LayerNormEpsilon : RmsEpsilon);
        var config = new GptConfig
        {
            VocabularySize = ReadVocabularySize(file),
            BlockSize = block,
            LayerCount = metadata.RequiredCount(Key(Layers)),
            HeadCount = heads,
            Width = width,
            MlpWidth = metadata.CountOfEveryLayer(Key(MlpWidth)) ?? throw metadata.Missing(Key(MlpWidth)),
            LayerNormEpsilon = metadata.PositiveNumber(epsilonKey) ?? throw metadata.Missing(epsilonKey),
            TieHead = file.Find(GgufTensors.Head) is null,
            Bias = HasBias("attn_output"),
            QkvBias = HasBias("attn_q"),
            MlpBias = HasBias("ffn_up"),
        };
        config = architecture.IsGpt2 ? config : config with
        {
            KeyHeadCount = metadata.CountOfEveryLayer(Key(KeyHeads)) ?? heads,
            HeadSize = headSize ?? (width / heads),
            Norm = NormKind.RMSNorm,
            Activation = MlpActivation.Swiglu,
            Positions = PositionEncoding.Rope,
            QkNorm = architecture == GgufArchitecture.Qwen3,
        };
        CheckRotaryTable(file, Key(Context), config);
        config = architecture.IsGpt2 ? config : config with { Rope = GgufRope.Read(file, metadata, architecture, config.HeadSize) };
        try
        {
            return config.Validate();
        }
        catch (ConfigurationException exception)
        {
            throw new RefusedFileException(metadata.Path, $"no model can have these sizes: {exception.Message}", exception);
        }
    }

    // No tensor proves the context's length, and rotary embedding keeps a table of as many rows.
    private static void CheckRotaryTable(GgufFile file, string key, GptConfig config)
    {
        const long harmless = 1L << 28;
        Int128 bytes = config.Positions == PositionEncoding.Rope ? (Int128)config.BlockSize * config.HeadSize * sizeof(double) : 0;
        if (bytes > Math.Max(harmless, 4 * file.Tensors.Sum(tensor => tensor.ByteLength)))
        {
            throw new RefusedFileException(
                file.Path, $"{key} is {config.BlockSize}, for which the table of rotary angles would take {bytes >> 20} MiB, more than the model.");
        }
    }

    private static int ReadVocabularySize(GgufFile file)
    {
        GgufTensorInfo tokens = file[GgufTensors.Tokens];
        return tokens.Shape.Count == 2 && tokens.Shape[0] is > 0 and <= int.MaxValue ? (int)tokens.Shape[0] : throw new RefusedFileException(
            file.Path, $"tensor '{tokens.Name}' has shape {tokens.ShapeText}; a row of channels for every token is needed.");
    }

    private static void CheckKeys(GgufMetadata metadata, string prefix)
    {
        foreach (string key in metadata.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string name = key[prefix.Length..];
            bool isZero = KeysThatMustBeZero.Contains(name) && metadata.Count(key, least: 0) == 0;
            if (!KnownKeys.Contains(name) && !isZero)
            {
                throw new RefusedFileException(metadata.Path, $"{key} is set; this option is not supported here.");
            }
        }

        const string split = "split.count";
        if (metadata.Count(split, least: 0) is > 1 and var parts)
        {
            throw new RefusedFileException(metadata.Path, $"{split} is {parts}: it is one of several files of a model; merge them into one first.");
        }
    }
}
