using System.Diagnostics;
using System.Globalization;

namespace GptSharp.Samples.Tests;

public sealed class TrainShakespeareTests : IDisposable
{
    private const string Name = "03-TrainShakespeare";

    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_program_has_at_most_forty_lines() =>
        Assert.InRange(File.ReadAllLines(Path.Combine(Golden.Repository, "samples", Name, "Program.cs")).Length, 10, 40);

    [Fact]
    public void It_learns_a_text_and_writes_in_its_letters()
    {
        const string alphabet = "abcdefghij";
        string path = Path.Combine(_folder, "text.txt");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat(alphabet, 200)));

        string[] lines = SampleProgram.Run(Name, path, "40");

        Assert.Equal($"Learning {path}.", lines[0]);
        double[] losses = [.. lines
            .Where(line => line.StartsWith("step ", StringComparison.Ordinal))
            .Select(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture))];
        Assert.Equal(11, losses.Length);
        Assert.InRange(losses[0], Math.Log(10) - 0.1, Math.Log(10) + 0.7); // at first it knows nothing of the ten letters
        Assert.True(losses[^1] < 0.5, $"After 40 steps the loss is {losses[^1]}.");

        string sample = lines[^2];
        Assert.Equal(401, sample.Length);
        Assert.StartsWith("a", sample, StringComparison.Ordinal);
        double share = Enumerable.Range(0, 400).Count(i => sample[i + 1] == alphabet[(alphabet.IndexOf(sample[i], StringComparison.Ordinal) + 1) % 10]) / 400.0;
        Assert.True(share > 0.5, $"{share:P0} of the letters follow as in the text: {sample}");
    }

    [Fact]
    public void Without_a_text_it_says_that_it_learns_the_built_in_stories()
    {
        using Process process = SampleProgram.Start(Name, _folder);
        try
        {
            string? first = process.StandardOutput.ReadLine();
            Assert.Equal("No data/tinyshakespeare.txt here (gptsharp data get tinyshakespeare gets it): learning the built-in stories.", first);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
