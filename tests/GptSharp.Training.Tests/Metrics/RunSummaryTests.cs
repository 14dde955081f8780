using System.Text.Json;
using GptSharp.Training.Metrics;
using Xunit;

namespace GptSharp.Training.Tests.Metrics;

public sealed class RunSummaryTests
{
    private static JsonElement Summary(RunFinished finished) => JsonDocument.Parse(RunSummary.Of(finished).ToJson()).RootElement;

    [Fact]
    public void The_summary_holds_the_five_figures_in_full()
    {
        JsonElement summary = Summary(new(RunOutcome.Completed, 10, 0.1 + 0.2, 0.4, 0.15, 0.875, TimeSpan.FromSeconds(88.25)));
        Assert.Equal(["train_loss", "val_loss", "floor", "accepted_share", "seconds"], summary.EnumerateObject().Select(property => property.Name));
        Assert.Equal([0.1 + 0.2, 0.4, 0.15, 0.875, 88.25], summary.EnumerateObject().Select(property => property.Value.GetDouble()));
    }

    [Fact]
    public void What_is_unknown_or_broken_is_null()
    {
        JsonElement summary = Summary(new(RunOutcome.Completed, 10, null, double.NaN, null, null, TimeSpan.Zero));
        Assert.Equal(4, summary.EnumerateObject().Count(property => property.Value.ValueKind == JsonValueKind.Null));
    }
}
