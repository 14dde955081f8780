using GptSharp.Nn;
using GptSharp.Training.Configuration;
using Xunit;

namespace GptSharp.Training.Tests.Configuration;

public sealed class ShippedConfigsTests
{
    private static string Folder => Path.Combine(Golden.Repository, "configs");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_shipped_config_loads_and_names_its_run_after_itself(string file)
    {
        RunConfig config = RunConfigReader.Load(Path.Combine(Folder, file));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), config.Train.Name);
        Assert.Equal(config, RunConfigReader.Parse(RunConfigWriter.ToYaml(config), "saved.yaml"));
    }

    [Fact]
    public void The_promised_configs_are_there() =>
        Assert.Superset(new HashSet<string> { "quickstart.yaml", "shakespeare-char-cpu.yaml", "shakespeare-char-gpu.yaml", "overfit-tiny.yaml", "smoke.yaml", "gpt2-124m.yaml" }, Files.Select(row => row.Data).ToHashSet());

    [Fact]
    public void The_large_config_is_gpt2_as_published() =>
        Assert.Equal(124_439_808, new ParameterReport(RunConfigReader.Load(Path.Combine(Folder, "gpt2-124m.yaml")).Model.ToGptConfig(256)).Total);

    [Fact]
    public void The_shakespeare_config_has_the_settings_of_the_published_baseline()
    {
        RunConfig config = RunConfigReader.Load(Path.Combine(Folder, "shakespeare-char-cpu.yaml"));
        Assert.Equal((4, 4, 128, 64, 0.0), (config.Model.LayerCount, config.Model.HeadCount, config.Model.Width, config.Model.BlockSize, config.Model.Dropout));
        Assert.Equal((2000L, 12, 1e-3, 1e-4, 100L), (config.Train.Steps, config.Train.Batch, config.Train.LearningRate, config.Train.MinimumLearningRate, config.Train.WarmupSteps));
        Assert.Equal((0.99, 0.1, 1.0, 0.1), (config.Train.Beta2, config.Train.WeightDecay, config.Train.GradientClip, config.Data.EffectiveValidationShare));
    }
}
