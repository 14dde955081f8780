using GptSharp.Tensors;

namespace GptSharp.Nn.Tests;

/// <summary>Small models by name, each with one option of its own, and some with many.</summary>
internal static class ModelOptions
{
    private static readonly GptConfig Plain = SmallGpt.Config with { VocabularySize = 37, HeadCount = 4, MlpWidth = 29, LayerCount = 1 };

    private static readonly GptConfig Rotary = Plain with { Positions = PositionEncoding.Rope };

    private static readonly Dictionary<string, GptConfig> Configs = new()
    {
        ["plain"] = Plain,
        ["untied head"] = Plain with { TieHead = false },
        ["rmsnorm"] = Plain with { Norm = NormKind.RMSNorm },
        ["head size"] = Plain with { HeadSize = 5 },
        ["grouped queries"] = Plain with { KeyHeadCount = 2 },
        ["multi-query, odd heads"] = Plain with { HeadCount = 3, KeyHeadCount = 1, HeadSize = 7 },
        ["biases of queries, keys and values only"] = Plain with { Bias = false, QkvBias = true },
        ["all other biases"] = Plain with { QkvBias = false },
        ["biases of the MLP only"] = Plain with { Bias = false, MlpBias = true },
        ["biases of attention only"] = Plain with { MlpBias = false },
        ["exact gelu"] = Plain with { Gelu = GeluForm.Erf },
        ["relu"] = Plain with { Activation = MlpActivation.Relu },
        ["swish"] = Plain with { Activation = MlpActivation.Swish },
        ["glu"] = Plain with { Activation = MlpActivation.Glu },
        ["bilinear"] = Plain with { Activation = MlpActivation.Bilinear },
        ["geglu"] = Plain with { Activation = MlpActivation.Geglu },
        ["exact geglu"] = Plain with { Activation = MlpActivation.Geglu, Gelu = GeluForm.Erf },
        ["swiglu"] = Plain with { Activation = MlpActivation.Swiglu },
        ["reglu"] = Plain with { Activation = MlpActivation.Reglu },
        ["sinusoidal"] = Plain with { Positions = PositionEncoding.Sinusoidal },
        ["no positions"] = Plain with { Positions = PositionEncoding.None },
        ["alibi"] = Plain with { Positions = PositionEncoding.Alibi },
        ["rope"] = Rotary,
        ["rope theta"] = Rotary with { Rope = new RopeConfig { Theta = 500 } },
        ["interleaved rope"] = Rotary with { Rope = new RopeConfig { Pairing = RopePairing.Interleaved } },
        ["rope of a part"] = Rotary with { HeadSize = 7, Rope = new RopeConfig { Width = 4 } },
        ["linear rope"] = Rotary with { Rope = new RopeConfig { Scaling = RopeScaling.Linear, Factor = 3 } },
        ["ntk rope"] = Rotary with { Rope = new RopeConfig { Scaling = RopeScaling.Ntk, Factor = 3 } },
        ["llama3 rope"] = Rotary with { Rope = new RopeConfig { Scaling = RopeScaling.Llama3, Factor = 8, OriginalBlockSize = 20 } },
        ["qk-norm"] = Rotary with { QkNorm = true, KeyHeadCount = 2 },
        ["z-loss"] = Plain with { ZLoss = 0.03 },
        ["logit cap"] = Plain with { LogitCap = 0.7 },
        ["attention cap"] = Plain with { AttentionCap = 0.4 },
        ["window"] = Plain with { Window = 3 },
        ["documents"] = Plain with { DocumentToken = 5 },
        ["parallel"] = Plain with { Parallel = true },
        ["llama"] = Llama with { LayerCount = 2, KeyHeadCount = 2 },
        ["qwen"] = Llama with { QkvBias = true, QkNorm = true },
        ["gemma"] = Llama with
        {
            Activation = MlpActivation.Geglu,
            TieHead = true,
            HeadSize = 10,
            AttentionCap = 2,
            LogitCap = 1.5,
            Window = 4,
            QkNorm = true,
        },
        ["everything"] = Llama with
        {
            LayerCount = 2,
            HeadCount = 6,
            KeyHeadCount = 3,
            HeadSize = 6,
            Bias = true,
            QkNorm = true,
            Parallel = true,
            Window = 5,
            DocumentToken = 5,
            AttentionCap = 1,
            LogitCap = 1,
            ZLoss = 0.02,
            Rope = new RopeConfig { Width = 4, Scaling = RopeScaling.Ntk, Factor = 2 },
        },
    };

    /// <summary>All names.</summary>
    public static TheoryData<string> Names => [.. Configs.Keys];

    private static GptConfig Llama => Rotary with
    {
        Norm = NormKind.RMSNorm,
        Bias = false,
        Activation = MlpActivation.Swiglu,
        TieHead = false,
    };

    /// <summary>The configuration of a name.</summary>
    public static GptConfig Of(string name) => Configs[name];

    /// <summary>A model with parameters so large that every option shows, biases and norms included, and with documents in its tokens.</summary>
    public static SmallGpt NewModel(string name, IBackend? backend = null, DType type = DType.F64)
    {
        var small = new SmallGpt(Of(name), backend, type);
        var random = new Random(3);
        foreach (var parameter in small.Model.Arena.Parameters)
        {
            double[] values = parameter.Value.ToDoubles();
            int used = (int)small.Model.LogicalCount(parameter);
            for (int i = 0; i < used; i++)
            {
                values[i] += 0.6 * (random.NextDouble() - 0.5);
            }

            parameter.Value.UploadDoubles(values);
        }

        foreach (int place in (int[])[3, 4, 8, 9, 16, 29])
        {
            small.Tokens[place] = 5;
        }

        return small;
    }
}
