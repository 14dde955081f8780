using System.Globalization;
using System.Text.RegularExpressions;
using GptSharp.Training.Metrics;
using Spectre.Console;

namespace GptSharp.Cli.Tests.Display;

/// <summary>A short run's events, and consoles to show them on.</summary>
internal static partial class FakeRun
{
    // A model that writes bytes may write what a terminal obeys: here a colour, a bell and an 8-bit control sequence.
    public const string WildText = " upon a time there was a red kite.\nIt\u001b[31m flew\a over \u009b2J the hill,\tfar.";

    public static RunStarted Started { get; } =
        new("quickstart", "runs/quickstart", 0, 400, 804_096, "cpu (AVX-512, 2 threads)", "stories, 4,000,000 characters");

    public static void Play(TrainingObserver observer, int steps = 400)
    {
        observer.OnStarted(Started);
        for (int step = 1; step <= steps; step++)
        {
            observer.OnStep(new(step, 4.2 * Math.Exp(-step / 120.0) + 0.16, 3e-3, 0.52, 38_120, TimeSpan.FromSeconds(step / 5.0)));
            if (step % 200 == 0)
            {
                observer.OnEvaluated(new(step, 0.3291, 0.3357, 0.148, true));
                observer.OnSample(new(step, "Once", WildText));
                observer.OnCheckpoint(new(step, "runs/quickstart/checkpoints/last", true));
            }
        }

        observer.OnFinished(new(RunOutcome.Completed, steps, 0.3291, 0.3357, 0.148, 0.87, TimeSpan.FromSeconds(80)));
    }

    public static IAnsiConsole Console(TextWriter writer, int width, int height, bool ansi)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ansi ? ColorSystemSupport.EightBit : ColorSystemSupport.NoColors,
            Interactive = ansi ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Height = height;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    public static StringWriter Writer() => new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    /// <summary>What is left of terminal output without its control sequences.</summary>
    public static string WithoutControlSequences(string text) => ControlSequence().Replace(text, "");

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex ControlSequence();
}
