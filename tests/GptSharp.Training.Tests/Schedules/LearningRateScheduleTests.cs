using System.Text.Json;
using GptSharp.Training.Schedules;
using Xunit;

namespace GptSharp.Training.Tests.Schedules;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData("cosine", ScheduleShape.Cosine, DecayShape.Linear)]
    [InlineData("linear", ScheduleShape.Linear, DecayShape.Linear)]
    [InlineData("wsd_linear", ScheduleShape.Wsd, DecayShape.Linear)]
    [InlineData("wsd_one_minus_sqrt", ScheduleShape.Wsd, DecayShape.OneMinusSqrt)]
    [InlineData("wsd_cosine", ScheduleShape.Wsd, DecayShape.Cosine)]
    [InlineData("wsd_exponential", ScheduleShape.Wsd, DecayShape.Exponential)]
    public void Every_step_agrees_with_the_float64_table(string table, ScheduleShape shape, DecayShape decay)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "optimizers", "schedules.json")));
        JsonElement root = golden.RootElement;
        LearningRateSchedule schedule = new(
            shape,
            root.GetProperty("base").GetDouble(),
            root.GetProperty("min").GetDouble(),
            root.GetProperty("warmup").GetInt64(),
            root.GetProperty("steps").GetInt64(),
            root.GetProperty("decay").GetInt64(),
            decay);
        double[] expected = [.. root.GetProperty("schedules").GetProperty(table).EnumerateArray().Select(rate => rate.GetDouble())];
        Assert.Equal(106, expected.Length);
        for (int step = 0; step < expected.Length; step++)
        {
            double relative = Math.Abs(schedule.At(step) - expected[step]) / expected[step];
            Assert.True(relative <= 1e-12, $"{table}, step {step}: {schedule.At(step):R} instead of {expected[step]:R}");
        }
    }

    [Fact]
    public void A_constant_schedule_warms_up_and_stays()
    {
        LearningRateSchedule schedule = new(ScheduleShape.Constant, Peak: 0.5, Minimum: 0.1, WarmupSteps: 2, Steps: 5);
        Assert.Equal([0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], Enumerable.Range(0, 7).Select(step => schedule.At(step)));
    }

    [Theory]
    [InlineData(ScheduleShape.Cosine)]
    [InlineData(ScheduleShape.Linear)]
    public void Without_warm_up_the_first_update_has_the_peak_and_the_end_the_minimum(ScheduleShape shape)
    {
        LearningRateSchedule schedule = new(shape, Peak: 1, Minimum: 0.25, WarmupSteps: 0, Steps: 4);
        Assert.Equal(1, schedule.At(0));
        Assert.Equal(0.625, schedule.At(2), 15);
        Assert.Equal(0.25, schedule.At(4));
        Assert.Equal(0.25, schedule.At(long.MaxValue));
    }

    [Fact]
    public void A_run_that_is_all_warm_up_ends_at_the_minimum()
    {
        LearningRateSchedule schedule = new(ScheduleShape.Cosine, Peak: 1, Minimum: 0.25, WarmupSteps: 4, Steps: 4);
        Assert.Equal(1, schedule.At(3));
        Assert.Equal(0.25, schedule.At(4));
    }

    [Fact]
    public void A_decay_of_no_steps_holds_the_peak_to_the_end()
    {
        LearningRateSchedule schedule = new(ScheduleShape.Wsd, Peak: 1, Minimum: 0.25, WarmupSteps: 0, Steps: 4);
        Assert.Equal(1, schedule.At(3));
        Assert.Equal(0.25, schedule.At(4));
    }

    [Fact]
    public void A_step_before_the_first_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateSchedule(ScheduleShape.Constant, 1, 0, 0, 4).At(-1));
}
