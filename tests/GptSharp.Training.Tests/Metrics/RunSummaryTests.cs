using System.Text.Json;
using GptSharp.Training.Accounting;
using GptSharp.Training.Metrics;
using Xunit;

namespace GptSharp.Training.Tests.Metrics;

public sealed class RunSummaryTests
{
    private static JsonElement Summary(RunFinished finished) => JsonDocument.Parse(RunSummary.Of(finished).ToJson()).RootElement;

    [Fact]
    public void The_summary_holds_the_figures_in_full()
    {
        var count = new FlopCount(Model: 4000, Linear: 3000, Attention: 1500, Recompute: 500, Other: 100, Bytes: 10);
        var speed = new RunSpeed(1000, new StepAccount(count, "6 x …", new DevicePeak(16e6, "measured")));
        JsonElement summary = Summary(new(RunOutcome.Completed, 10, 0.1 + 0.2, 0.4, 0.15, 0.875, TimeSpan.FromSeconds(88.25), speed));
        Assert.Equal(
            [
                ("train_loss", 0.1 + 0.2), ("val_loss", 0.4), ("floor", 0.15), ("accepted_share", 0.875), ("seconds", 88.25),
                ("tokens_per_second", 1000), ("mfu", 0.25), ("hfu", 0.3125), ("model_flops_per_token", 4000),
                ("hardware_flops_per_token", 5000), ("peak_flops", 16e6),
            ],
            summary.EnumerateObject().Take(11).Select(property => (property.Name, property.Value.GetDouble())));
        Assert.Equal("measured", summary.GetProperty("peak_source").GetString());
        Assert.Equal("model FLOPs per token x tokens per second / peak", summary.GetProperty("mfu_formula").GetString());
    }

    [Fact]
    public void What_is_unknown_or_broken_is_null()
    {
        JsonElement summary = Summary(new(RunOutcome.Completed, 10, null, double.NaN, null, null, TimeSpan.Zero));
        Assert.Equal(
            ["seconds"], summary.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null).Select(property => property.Name));
    }
}
