using System.Text.Json;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Profiling;
using GptSharp.Training.Runs;
using GptSharp.Training.Tests.Runs;

namespace GptSharp.Training.Tests.Profiling;

public sealed class ProfileTests : IDisposable
{
    private const int First = 3, Last = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Three_steps_of_a_run_are_profiled_into_a_report_and_a_trace()
    {
        RunConfig config = SmallRun.Config(_folder);
        config = config with { Train = config.Train with { Steps = 6, Recompute = Recompute.Block, EvaluateEvery = 0 }, Sample = config.Sample with { Every = 0 } };
        var seen = new Seen();
        using (var trainer = new Trainer(config, seen, profile: new ProfileRange(First, Last)))
        {
            trainer.Run(CancellationToken.None);
        }

        ProfileReport report = seen.Profiled!.Report;
        Assert.Equal((First, Last), (report.FirstStep, report.LastStep));

        // The products in the profile are those of the account, and what is computed again stands apart.
        double tokens = config.Train.Batch * config.Model.BlockSize;
        double products = report.Entries.Where(entry => entry.Name.StartsWith("linear", StringComparison.Ordinal) && !entry.Name.Contains("bias", StringComparison.Ordinal)
            || entry.Name.StartsWith("attention", StringComparison.Ordinal)).Sum(entry => entry.Flops);
        double activations = tokens * config.Model.LayerCount * 4 * config.Model.Width * (10 + 10 + 20);    // in the products: there, again, and back
        Assert.Equal(seen.Started!.Account!.PerToken.Hardware * tokens, products - activations, tolerance: 1e-6 * products);
        Assert.Contains(report.Entries, entry => entry is { Name: "linear", IsReplay: true, Calls: 12 });    // 3 of each of 2 blocks, 2 passes
        Assert.Contains(report.Entries, entry => entry is { Name: "linear activation", IsReplay: true, Calls: 4 });
        Assert.Contains(report.Entries, entry => entry is { Name: "read batch", IsHostWork: true });
        Assert.Contains(report.Entries, entry => entry.Name == "adamw");
        Assert.InRange(report.UnattributedSeconds, 0, report.StepSeconds);

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(seen.Profiled.JsonPath));
        Assert.Equal(report.Entries.Count, json.RootElement.GetProperty("operations").GetArrayLength());
        CheckTrace(seen.Profiled.TracePath, report);
    }

    [Theory]
    [InlineData("20:30", 20, 30)]
    [InlineData("7", 7, 7)]
    public void A_range_has_a_first_and_a_last_step(string text, long first, long last) =>
        Assert.Equal(new ProfileRange(first, last), ProfileRange.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("30:20")]
    [InlineData("0:2")]
    [InlineData("1:2:3")]
    [InlineData("a:b")]
    public void What_is_no_range_is_refused(string text) => Assert.Throws<ConfigurationException>(() => ProfileRange.Parse(text));

    [Fact]
    public void Steps_that_the_run_does_not_take_are_refused_before_it_begins()
    {
        RunConfig config = SmallRun.Config(_folder);
        Assert.Throws<ConfigurationException>(() => new Trainer(config, new Seen(), profile: new ProfileRange(12, 13)));
        Assert.False(Directory.Exists(config.Train.RunFolder));
    }

    // Trace Event Format: an object with traceEvents; complete events have name, ph, ts, dur, pid and tid, and nest within a track.
    private static void CheckTrace(string path, ProfileReport report)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement[] events = [.. json.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Assert.Equal(["process_name", "thread_name"], events.Where(e => e.GetProperty("ph").GetString() == "M").Select(e => e.GetProperty("name").GetString()));
        var complete = events.Where(e => e.GetProperty("ph").GetString() == "X").Select(e => (
            Category: e.GetProperty("cat").GetString()!, Name: e.GetProperty("name").GetString()!,
            Start: e.GetProperty("ts").GetDouble(), End: e.GetProperty("ts").GetDouble() + e.GetProperty("dur").GetDouble(),
            Track: (e.GetProperty("pid").GetInt32(), e.GetProperty("tid").GetInt32()))).ToArray();
        Assert.Single(complete.Select(e => e.Track).Distinct());
        Assert.Equal(["step 3", "step 4", "step 5"], complete.Where(e => e.Category == "step").Select(e => e.Name));
        double calls = (Last - First + 1) * report.Entries.Where(entry => !entry.IsHostWork).Sum(entry => entry.Calls);
        Assert.Equal(calls, complete.Count(e => e.Category == "operation"), tolerance: 1e-6);

        // Any two events are apart, or one lies within the other; times are rounded to nanoseconds.
        var open = new Stack<double>();
        foreach (var e in complete.OrderBy(e => e.Start).ThenByDescending(e => e.End))
        {
            while (open.Count > 0 && open.Peek() <= e.Start + 0.002)
            {
                open.Pop();
            }

            Assert.True(open.Count == 0 || e.End <= open.Peek() + 0.002, $"{e.Name} at {e.Start} reaches beyond the event around it");
            open.Push(e.End);
        }
    }

    private sealed class Seen : TrainingObserver
    {
        public RunStarted? Started { get; private set; }

        public StepsProfiled? Profiled { get; private set; }

        public override void OnStarted(RunStarted started) => Started = started;

        public override void OnProfiled(StepsProfiled profiled) => Profiled = profiled;
    }
}
