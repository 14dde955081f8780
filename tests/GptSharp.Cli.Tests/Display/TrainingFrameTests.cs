using GptSharp.Cli.Display;
using Xunit;

namespace GptSharp.Cli.Tests.Display;

public sealed class TrainingFrameTests
{
    private static TrainingState State(int steps)
    {
        TrainingState state = new(FakeRun.Started);
        for (int step = 1; step <= steps; step++)
        {
            state.Add(new Training.Metrics.StepDone(step, 4.2 / step, 2.5e-3, 0.52, 38_120.7, TimeSpan.FromSeconds(step)));
        }

        if (steps > 0)
        {
            state.Evaluation = new(steps, 0.3291, 0.3357, 0.148, true);
            state.Checkpoint = new(steps, "x", true);
            state.Add(new Training.Metrics.SampleGenerated(steps, "Once", FakeRun.WildText));
        }

        return state;
    }

    private static string[] Frame(TrainingState state, int width, int height, bool showSample = true)
    {
        StringWriter writer = FakeRun.Writer();
        FakeRun.Console(writer, width, height, ansi: false).Write(new TrainingFrame(state, showSample));
        return writer.ToString().TrimEnd('\n').Split('\n');
    }

    public static TheoryData<int, int, int> Sizes => new()
    {
        { 80, 24, 100 },
        { 80, 24, 0 },
        { 80, 24, 1 },
        { 40, 24, 100 },
        { 40, 24, 0 },
        { 200, 60, 100 },
        { 30, 20, 100 },
        { 10, 8, 100 },
        { 80, 5, 100 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_frame_never_exceeds_the_terminal(int width, int height, int steps)
    {
        string[] lines = Frame(State(steps), width, height);
        Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} columns: {line}"));
        Assert.True(lines.Length < Math.Max(height, 16), $"{lines.Length} rows");
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public void A_frame_shows_every_figure_at_common_widths(int width)
    {
        string[] lines = Frame(State(100), width, 24);
        string frame = string.Join('\n', lines);
        string[] figures =
        [
            "quickstart", "804 k", " 25 %  100 / 400", "loss 0.0420", "lr 2.5e-03", "grad norm 0.52", "tokens/s 38,120", "train 0.3291", "validation 0.3357",
            "floor 0.1480", "gap 0.0066", "elapsed 1:40", "left 5:00", "evaluated 100", "saved 100", "4.20 ┤", "sample at step 100", "Once upon a time",
        ];
        Assert.All(figures, figure => Assert.Contains(figure, frame, StringComparison.Ordinal));
    }

    [Fact]
    public void A_narrow_terminal_gets_two_figures_to_a_row_and_a_wide_one_four()
    {
        Assert.Contains(Frame(State(100), 80, 24), line => line.Contains("loss", StringComparison.Ordinal) && line.Contains("tokens/s", StringComparison.Ordinal));
        string[] narrow = Frame(State(100), 40, 24);
        Assert.Contains(narrow, line => line.Contains("loss", StringComparison.Ordinal) && line.Contains("lr", StringComparison.Ordinal));
        Assert.DoesNotContain(narrow, line => line.Contains("loss", StringComparison.Ordinal) && line.Contains("grad norm", StringComparison.Ordinal));
    }

    [Fact]
    public void A_sample_cannot_speak_to_the_terminal()
    {
        string frame = string.Join('\n', Frame(State(100), 80, 24));
        Assert.DoesNotContain(frame, letter => char.IsControl(letter) && letter != '\n');
        Assert.Contains("It\uFFFD[31m flew", frame, StringComparison.Ordinal);
    }

    [Fact]
    public void Markup_in_a_sample_is_text()
    {
        TrainingState state = State(1);
        state.Add(new Training.Metrics.SampleGenerated(1, "", "[red]not a colour[/] [unclosed"));
        Assert.Contains(Frame(state, 80, 24), line => line == "[red]not a colour[/] [unclosed");
    }

    [Fact]
    public void Before_the_first_step_figures_are_dashes()
    {
        string frame = string.Join('\n', Frame(State(0), 80, 24));
        Assert.Contains("loss –", frame, StringComparison.Ordinal);
        Assert.Contains("  0 %  0 / 400", frame, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_frame_leaves_the_sample_to_the_lines_below_it()
    {
        string[] with = Frame(State(100), 80, 24);
        string[] without = Frame(State(100), 80, 24, showSample: false);
        Assert.Equal(with[..without.Length], without);
        Assert.DoesNotContain(without, line => line.Contains("sample", StringComparison.Ordinal));
    }
}
