using System.Globalization;
using GptSharp.Files;
using GptSharp.Training.Metrics;

namespace GptSharp.Training.Runs;

/// <summary>Keeps what a run samples: <c>samples/step-00000500.txt</c> holds the texts of step 500, with empty lines between them.</summary>
/// <param name="folder">The folder; made with the first sample.</param>
internal sealed class SampleFolder(string folder) : TrainingObserver
{
    private readonly List<SampleGenerated> _samples = [];

    /// <inheritdoc/>
    public override void OnSample(SampleGenerated sample)
    {
        _samples.RemoveAll(earlier => earlier.Step != sample.Step);
        _samples.Add(sample);
        Directory.CreateDirectory(folder);
        string name = $"step-{sample.Step.ToString("D8", CultureInfo.InvariantCulture)}.txt";
        AtomicFile.WriteText(Path.Combine(folder, name), string.Join("\n\n", _samples.Select(one => (one.Prompt + one.Text).Trim('\n'))) + "\n");
    }
}
