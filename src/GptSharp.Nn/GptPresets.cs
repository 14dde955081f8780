namespace GptSharp.Nn;

/// <summary>
/// The four sizes of GPT-2 (Radford et al. 2019, with the heads and parameter counts of the released weights), the eight of GPT-3
/// (Brown et al. 2020, arXiv:2005.14165, table 2.1), the four of LLaMA (Touvron et al. 2023, arXiv:2302.13971, table 2), and small Llamas.
/// </summary>
public static partial class GptPresets
{
    private const int Gpt2Vocabulary = 50257;

    private const string DenseAttention =
        "GPT-3 alternated dense and locally banded sparse attention; every layer here is dense, which changes no parameter count.";

    private const string ExtraLargeHeads =
        "Table 2.1 gives 24 heads of 128 channels on a width of 2048, which do not fit (24 x 128 = 3072); this preset has 16 heads of 128.";

    private const string ThirteenBillionWidth =
        "Table 2.1 gives a width of 5140, which 40 heads of 128 channels do not fill (40 x 128 = 5120); this preset has a width of 5120.";

    /// <summary>Every preset, family by family, each from small to large.</summary>
    public static IReadOnlyList<GptPreset> All { get; } =
    [
        Gpt2("gpt2", "gpt2-small", "GPT-2 small", layers: 12, width: 768, heads: 12),
        Gpt2("gpt2-medium", null, "GPT-2 medium", layers: 24, width: 1024, heads: 16),
        Gpt2("gpt2-large", null, "GPT-2 large", layers: 36, width: 1280, heads: 20),
        Gpt2("gpt2-xl", null, "GPT-2 XL", layers: 48, width: 1600, heads: 25),
        Gpt3("gpt3-small", "gpt3-125m", "GPT-3 Small", layers: 12, width: 768, heads: 12),
        Gpt3("gpt3-medium", "gpt3-350m", "GPT-3 Medium", layers: 24, width: 1024, heads: 16),
        Gpt3("gpt3-large", "gpt3-760m", "GPT-3 Large", layers: 24, width: 1536, heads: 16),
        Gpt3("gpt3-xl", "gpt3-1.3b", "GPT-3 XL", layers: 24, width: 2048, heads: 16, ExtraLargeHeads),
        Gpt3("gpt3-2.7b", null, "GPT-3 2.7B", layers: 32, width: 2560, heads: 32),
        Gpt3("gpt3-6.7b", null, "GPT-3 6.7B", layers: 32, width: 4096, heads: 32),
        Gpt3("gpt3-13b", null, "GPT-3 13B", layers: 40, width: 5120, heads: 40, ThirteenBillionWidth),
        Gpt3("gpt3-175b", "gpt3", "GPT-3 175B", layers: 96, width: 12288, heads: 96),
        .. Llamas,
    ];

    /// <summary>Finds a preset by name or alias, letter case ignored.</summary>
    /// <param name="name">For example <c>gpt2</c>.</param>
    /// <returns>The preset, or null when there is none of that name.</returns>
    public static GptPreset? TryFind(string name) =>
        All.FirstOrDefault(preset => Names(preset).Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>Finds a preset by name or alias, letter case ignored.</summary>
    /// <param name="name">For example <c>gpt2</c>.</param>
    /// <returns>The preset.</returns>
    /// <exception cref="ConfigurationException">There is none of that name; the sentence gives the nearest, or all.</exception>
    public static GptPreset Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (TryFind(name) is { } preset)
        {
            return preset;
        }

        string? nearest = NearestName.Find(name, All.SelectMany(Names));
        string hint = nearest is null ? $"the presets are {string.Join(", ", All.Select(known => known.Name))}." : $"did you mean '{nearest}'?";
        throw new ConfigurationException($"there is no model preset '{name}'; {hint}", "model.preset");
    }

    private static IEnumerable<string> Names(GptPreset preset) => preset.Aliases.Prepend(preset.Name);

    private static GptPreset Gpt2(string name, string? alias, string title, int layers, int width, int heads) =>
        new(name, alias is null ? [] : [alias], title, Gpt2Shape(block: 1024, layers, width, heads), []);

    private static GptPreset Gpt3(string name, string? alias, string title, int layers, int width, int heads, string? correction = null)
    {
        IReadOnlyList<string> notes = correction is null ? [DenseAttention] : [correction, DenseAttention];
        return new(name, alias is null ? [] : [alias], title, Gpt2Shape(block: 2048, layers, width, heads), notes);
    }

    private static GptConfig Gpt2Shape(int block, int layers, int width, int heads) => new()
    {
        VocabularySize = Gpt2Vocabulary,
        BlockSize = block,
        LayerCount = layers,
        HeadCount = heads,
        Width = width,
    };
}
