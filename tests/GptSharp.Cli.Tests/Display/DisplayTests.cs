using GptSharp.Cli.Display;
using GptSharp.Training.Metrics;
using Xunit;

namespace GptSharp.Cli.Tests.Display;

public sealed class DisplayTests
{
    private static string Plain(Action<TrainingObserver> play)
    {
        StringWriter writer = FakeRun.Writer();
        play(new PlainDisplay(writer));
        return writer.ToString();
    }

    [Fact]
    public void The_plain_display_writes_lines_without_any_control_character()
    {
        string text = Plain(observer => FakeRun.Play(observer));
        Assert.DoesNotContain(text, letter => char.IsControl(letter) && letter != '\n');
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal("quickstart: 804,096 parameters on cpu (AVX-512, 2 threads), learning from stories, 4,000,000 characters", lines[0]);
        Assert.Equal("400 steps, saved in runs/quickstart", lines[1]);
        Assert.Equal("step 1/400  loss 4.3251  lr 3.0e-03  grad norm 0.52  38,120 tokens/s  1:19 left", lines[2]);
        Assert.Contains("evaluated at step 200  train 0.3291  validation 0.3357 (best)  floor 0.1480  gap 0.0066", lines);
        Assert.Contains("    Once upon a time there was a red kite.", lines);
        Assert.Contains("saved step 400 in runs/quickstart/checkpoints/last (best)", lines);
        Assert.Equal(
            "400 steps in 1:20, train loss 0.3291, validation loss 0.3357, floor 0.1480 (126.8 % above it), 87.0 % of sampled stories accepted; saved in runs/quickstart",
            lines[^1]);
        Assert.InRange(lines.Count(line => line.StartsWith("step ", StringComparison.Ordinal)), 40, 60);
    }

    [Fact]
    public void A_slow_run_is_never_silent_for_long()
    {
        string text = Plain(observer =>
        {
            observer.OnStarted(FakeRun.Started with { Steps = 600_000 });
            for (int step = 1; step <= 100; step++)
            {
                observer.OnStep(new(step, 5, 1e-3, 1, 100, TimeSpan.FromSeconds(10 * step)));
            }
        });
        Assert.InRange(text.Split('\n').Count(line => line.StartsWith("step ", StringComparison.Ordinal)), 33, 35);
    }

    [Fact]
    public void A_resumed_run_says_where_it_goes_on_and_an_interrupted_one_where_it_stopped()
    {
        string text = Plain(observer =>
        {
            observer.OnStarted(FakeRun.Started with { FirstStep = 120 });
            observer.OnFinished(new(RunOutcome.Interrupted, 130, null, null, null, null, TimeSpan.FromHours(1.5)));
        });
        Assert.Contains("going on after step 120 of 400, saved in runs/quickstart\n", text, StringComparison.Ordinal);
        Assert.EndsWith("interrupted after step 130 and 1:30:00; saved in runs/quickstart; --resume goes on from there\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public void The_terminal_display_ends_with_the_whole_sample_and_the_summary(int width)
    {
        StringWriter writer = FakeRun.Writer();
        using TerminalDisplay display = new(FakeRun.Console(writer, width, 24, ansi: true), TimeProvider.System);
        FakeRun.Play(display);
        string raw = writer.ToString();
        Assert.Contains("\u001b[?25h", raw, StringComparison.Ordinal);
        string text = FakeRun.WithoutControlSequences(raw);
        Assert.DoesNotContain(text, letter => char.IsControl(letter) && letter is not ('\n' or '\r'));
        string[] words = text[text.LastIndexOf("Once upon a time", StringComparison.Ordinal)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string end = string.Join(' ', words);
        Assert.Contains("hill, far.", end, StringComparison.Ordinal);
        Assert.Contains("400 steps in 1:20, train loss 0.3291,", end, StringComparison.Ordinal);
        Assert.EndsWith("saved in runs/quickstart", end, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_are_drawn_four_times_a_second_at_most()
    {
        StillClock clock = new();
        StringWriter writer = FakeRun.Writer();
        using TerminalDisplay display = new(FakeRun.Console(writer, 80, 24, ansi: true), clock);
        display.OnStarted(FakeRun.Started);
        int before = writer.GetStringBuilder().Length;
        display.OnStep(new(1, 4, 1e-3, 1, 100, TimeSpan.FromSeconds(1)));
        Assert.Equal(before, writer.GetStringBuilder().Length);
        clock.Now += TimeSpan.FromMilliseconds(250).Ticks;
        display.OnStep(new(2, 4, 1e-3, 1, 100, TimeSpan.FromSeconds(2)));
        Assert.True(writer.GetStringBuilder().Length > before);
    }

    [Fact]
    public void A_picture_is_drawn_over_the_one_before_and_afresh_in_a_window_of_another_size()
    {
        StringWriter writer = FakeRun.Writer();
        Spectre.Console.IAnsiConsole console = FakeRun.Console(writer, 80, 24, ansi: true);
        using TerminalDisplay display = new(console, TimeProvider.System);
        display.OnStarted(FakeRun.Started);
        int height = writer.ToString().Count(letter => letter == '\n');
        writer.GetStringBuilder().Clear();
        display.OnCheckpoint(new(1, "x", false));
        Assert.StartsWith($"\r\u001b[{height}A", writer.ToString(), StringComparison.Ordinal);
        Assert.Equal(height, writer.ToString().Count(letter => letter == '\n'));

        console.Profile.Width = 40;
        writer.GetStringBuilder().Clear();
        display.OnCheckpoint(new(2, "x", false));
        Assert.StartsWith("\u001b[2J", writer.ToString(), StringComparison.Ordinal);
        Assert.All(FakeRun.WithoutControlSequences(writer.ToString()).Split('\n'), line => Assert.True(line.Length <= 40, line));
    }

    [Fact]
    public void A_run_that_fails_leaves_the_terminal_as_it_was()
    {
        StringWriter writer = FakeRun.Writer();
        using (TerminalDisplay display = new(FakeRun.Console(writer, 80, 24, ansi: true), TimeProvider.System))
        {
            display.OnStarted(FakeRun.Started);
        }

        Assert.EndsWith("\u001b[?25h", writer.ToString().TrimEnd('\n'), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(999, "999")]
    [InlineData(804_096, "804 k")]
    [InlineData(10_770_000, "10.8 M")]
    [InlineData(124_439_808, "124 M")]
    [InlineData(1_557_611_200, "1.56 G")]
    public void Parameters_are_counted_as_people_count_them(long count, string text) => Assert.Equal(text, Format.Parameters(count));

    [Theory]
    [InlineData(59.9, "0:59")]
    [InlineData(3599, "59:59")]
    [InlineData(3600, "1:00:00")]
    [InlineData(90000, "1 d 1 h")]
    public void Durations_grow_by_unit(double seconds, string text) => Assert.Equal(text, Format.Duration(TimeSpan.FromSeconds(seconds)));

    private sealed class StillClock : TimeProvider
    {
        public long Now { get; set; } = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
