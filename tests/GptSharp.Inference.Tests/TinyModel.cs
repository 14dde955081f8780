using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;
using GptSharp.Tensors.Memory;

namespace GptSharp.Inference.Tests;

/// <summary>A model with an opinion: its parameters are large enough for scores to differ clearly.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Vocabulary = 11;

    private readonly Engine _engine;

    private static readonly GptConfig Plain = new()
    {
        VocabularySize = Vocabulary,
        BlockSize = 16,
        LayerCount = 2,
        HeadCount = 3,
        Width = 24,
        Dropout = 0.2,
    };

    private static readonly GptConfig Llama = Plain with
    {
        HeadCount = 4,
        KeyHeadCount = 2,
        Norm = NormKind.RMSNorm,
        Bias = false,
        Activation = MlpActivation.Swiglu,
        Positions = PositionEncoding.Rope,
        TieHead = false,
    };

    /// <summary>Shapes whose caches and windows work differently, by name.</summary>
    private static readonly Dictionary<string, GptConfig> Shapes = new()
    {
        ["gpt2"] = Plain,
        ["wide"] = Plain with { HeadCount = 4, Width = 64 },
        ["sinusoidal"] = Plain with { Positions = PositionEncoding.Sinusoidal },
        ["alibi"] = Plain with { Positions = PositionEncoding.Alibi, Parallel = true },
        ["no positions"] = Plain with { Positions = PositionEncoding.None, KeyHeadCount = 1 },
        ["window"] = Plain with { Window = 5, AttentionCap = 3 },
        ["documents"] = Plain with { DocumentToken = 4 },
        ["llama"] = Llama,
        ["llama with all options"] = Llama with { QkNorm = true, Window = 7, DocumentToken = 4, AttentionCap = 5, LogitCap = 6, HeadSize = 10 },
    };

    public TinyModel(string backend = "cpu", int block = 16, double deviation = 0.4, string shape = "gpt2")
    {
        bool isReference = backend == "reference";
        _engine = new Engine(isReference ? new ReferenceBackend() : new CpuBackend());
        Model = new Gpt(_engine, Shapes[shape] with { BlockSize = block }, isReference ? Precision.Fp64 : Precision.Fp32);
        var random = new Random(7);
        foreach (Parameter parameter in Model.Arena.Parameters)
        {
            // The padding is random too: whoever looks at it gets a wrong text.
            var values = new double[parameter.Value.Count];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = deviation * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
            }

            parameter.Value.UploadDoubles(values);
        }
    }

    /// <summary>The names of all shapes.</summary>
    public static IEnumerable<string> ShapeNames => Shapes.Keys;

    public Gpt Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        _engine.Dispose();
    }
}
