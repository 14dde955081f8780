using System.Globalization;
using GptSharp.Training.Metrics;

namespace GptSharp.Cli.Proof;

/// <summary>Tells the parent, line by line, where the run is, so that it can choose the moment of the kill; and waits for it at the end.</summary>
/// <param name="writer">A pipe.</param>
/// <param name="lastStep">The run's last step.</param>
internal sealed class ProofDisplay(TextWriter writer, long lastStep) : TrainingObserver
{
    /// <summary>What a line about a finished step begins with.</summary>
    public const string Step = "step ";

    /// <summary>What a line about a save that begins starts with.</summary>
    public const string Save = "save ";

    public override void OnStep(StepDone step)
    {
        Write(Step, step.Step);
        if (step.Step == lastStep)
        {
            // The kill is on its way; should the parent have died, its end of the pipe is closed, and nobody else ends this process.
            using Stream parent = Console.OpenStandardInput();
            parent.ReadByte();
            Environment.Exit(ExitCode.Failed);
        }
    }

    public override void OnCheckpointStarted(long step) => Write(Save, step);

    private void Write(string word, long step)
    {
        writer.WriteLine(word + step.ToString(CultureInfo.InvariantCulture));
        writer.Flush();
    }
}
