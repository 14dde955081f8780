namespace GptSharp.Nn;

/// <content>
/// The Llama family: RMSNorm, rotary positions, SwiGLU, no biases. The small ones are those of llama2.c (Karpathy 2023), which learnt to write
/// short stories, and TinyLlama (Zhang et al. 2024, arXiv:2401.02385). Hidden widths are those of the released weights.
/// </content>
public static partial class GptPresets
{
    private const int LlamaVocabulary = 32000;

    private static IEnumerable<GptPreset> Llamas =>
    [
        Llama("llama-tiny", "stories15m", "Llama of 15M parameters", Small(block: 256, layers: 6, width: 288, heads: 6, mlp: 768)),
        Llama("llama-small", "stories42m", "Llama of 42M parameters", Small(block: 1024, layers: 8, width: 512, heads: 8, mlp: 1376)),
        Llama("llama-base", "stories110m", "Llama of 110M parameters", Small(block: 1024, layers: 12, width: 768, heads: 12, mlp: 2048)),
        Llama("tinyllama-1.1b", "tinyllama", "TinyLlama 1.1B", LlamaShape(layers: 22, width: 2048, heads: 32, mlp: 5632) with { KeyHeadCount = 4 }),
        Llama("llama-7b", null, "LLaMA 7B", LlamaShape(layers: 32, width: 4096, heads: 32, mlp: 11008) with { LayerNormEpsilon = 1e-6 }),
        Llama("llama-13b", null, "LLaMA 13B", LlamaShape(layers: 40, width: 5120, heads: 40, mlp: 13824) with { LayerNormEpsilon = 1e-6 }),
        Llama("llama-33b", "llama-30b", "LLaMA 33B", LlamaShape(layers: 60, width: 6656, heads: 52, mlp: 17920) with { LayerNormEpsilon = 1e-6 }),
        Llama("llama-65b", null, "LLaMA 65B", LlamaShape(layers: 80, width: 8192, heads: 64, mlp: 22016)),
    ];

    private static GptPreset Llama(string name, string? alias, string title, GptConfig shape) =>
        new(name, alias is null ? [] : [alias], title, shape, []);

    private static GptConfig Small(int block, int layers, int width, int heads, int mlp) =>
        LlamaShape(layers, width, heads, mlp) with { BlockSize = block, TieHead = true };

    private static GptConfig LlamaShape(int layers, int width, int heads, int mlp) => new()
    {
        VocabularySize = LlamaVocabulary,
        BlockSize = 2048,
        LayerCount = layers,
        HeadCount = heads,
        Width = width,
        MlpWidth = mlp,
        Norm = NormKind.RMSNorm,
        Bias = false,
        Activation = MlpActivation.Swiglu,
        Positions = PositionEncoding.Rope,
        TieHead = false,
    };
}
