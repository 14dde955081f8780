using System.Text.Json;
using GptSharp.Training.Metrics;
using Xunit;

namespace GptSharp.Training.Tests.Metrics;

public sealed class MetricsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-metrics-").FullName;

    private string File => Path.Combine(_folder, "metrics.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static StepDone Step(long step, double loss = 2.5) => new(step, loss, 1e-3, 0.5, 1234.56, TimeSpan.FromSeconds(step));

    private static JsonElement Json(string line) => JsonDocument.Parse(line).RootElement.Clone();

    private JsonElement[] Lines()
    {
        using FileStream shared = new(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return [.. new StreamReader(shared).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Json)];
    }

    private void WriteSteps(int count)
    {
        using MetricsFile metrics = MetricsFile.Create(File);
        metrics.OnStarted(new("tiny", "runs/tiny", 0, 10, 1234, "cpu", "stories"));
        for (int step = 1; step <= count; step++)
        {
            metrics.OnStep(Step(step));
        }
    }

    [Fact]
    public void Every_event_is_one_line_with_its_own_keys()
    {
        using (MetricsFile metrics = MetricsFile.Create(File))
        {
            metrics.OnStarted(new("tiny", "runs/tiny", 0, 10, 1234, "cpu", "stories"));
            metrics.OnStep(Step(1));
            metrics.OnEvaluated(new(1, 2.0, 2.25, 0.25, true));
            metrics.OnSample(new(1, "Once", " upon\na \"time\" \u001b[31m"));
            metrics.OnCheckpoint(new(1, "runs/tiny/checkpoints/1", false));
            metrics.OnFinished(new(RunOutcome.Interrupted, 1, 2.0, 2.25, null, null, TimeSpan.FromMilliseconds(1500)));
        }

        string[] lines = System.IO.File.ReadAllLines(File);
        Assert.Equal("""{"event":"started","step":0,"name":"tiny","steps":10,"parameters":1234,"device":"cpu","data":"stories"}""", lines[0]);
        Assert.Equal("""{"event":"step","step":1,"loss":2.5,"lr":0.001,"grad_norm":0.5,"tokens_per_second":1234.6,"mfu":null,"hfu":null,"seconds":1}""", lines[1]);
        Assert.Equal("""{"event":"eval","step":1,"train_loss":2,"val_loss":2.25,"floor":0.25,"gap":0.25,"best":true}""", lines[2]);
        Assert.Equal(" upon\na \"time\" \u001b[31m", Json(lines[3]).GetProperty("text").GetString());
        Assert.Equal("""{"event":"checkpoint","step":1,"path":"runs/tiny/checkpoints/1","best":false}""", lines[4]);
        Assert.Equal("""{"event":"finished","step":1,"outcome":"interrupted","train_loss":2,"val_loss":2.25,"floor":null,"accepted_share":null,"seconds":1.5}""", lines[5]);
        Assert.Equal(6, lines.Length);
    }

    [Fact]
    public void A_line_is_there_for_others_before_the_next_begins()
    {
        using MetricsFile metrics = MetricsFile.Create(File);
        metrics.OnStep(Step(1));
        Assert.Single(Lines());
        metrics.OnStep(Step(2));
        Assert.Equal(2, Lines().Length);
    }

    [Fact]
    public void A_loss_reads_back_to_the_same_bits_and_a_broken_one_as_null()
    {
        double loss = Math.PI / 3;
        using (MetricsFile metrics = MetricsFile.Create(File))
        {
            metrics.OnStep(Step(1, loss));
            metrics.OnStep(Step(2, double.NaN));
        }

        Assert.Equal(BitConverter.DoubleToInt64Bits(loss), BitConverter.DoubleToInt64Bits(Lines()[0].GetProperty("loss").GetDouble()));
        Assert.Equal(JsonValueKind.Null, Lines()[1].GetProperty("loss").ValueKind);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    [InlineData(5, 6)]
    [InlineData(9, 6)]
    public void Resuming_cuts_what_came_after_the_checkpoint_and_appends(long step, int kept)
    {
        WriteSteps(5);
        using (MetricsFile metrics = MetricsFile.Resume(File, step))
        {
            metrics.OnStep(Step(step + 1, loss: 7));
        }

        JsonElement[] lines = Lines();
        Assert.Equal(kept + 1, lines.Length);
        Assert.Equal(7, lines[^1].GetProperty("loss").GetDouble());
        Assert.All(lines[..^1], line => Assert.True(line.GetProperty("step").GetInt64() <= step));
    }

    [Theory]
    [InlineData("{\"event\":\"step\",\"step\":4,\"lo")]
    [InlineData("{\"event\":\"step\",\"step\":4,\"loss\":1}")]
    [InlineData("Once upon a tïme")]
    public void A_line_that_a_crash_left_unfinished_is_cut(string torn)
    {
        WriteSteps(3);
        System.IO.File.AppendAllText(File, torn);
        using (MetricsFile metrics = MetricsFile.Resume(File, 10))
        {
            metrics.OnStep(Step(4));
        }

        Assert.Equal([0, 1, 2, 3, 4], Lines().Select(line => line.GetProperty("step").GetInt64()));
    }

    [Fact]
    public void A_resumed_run_without_a_file_starts_one()
    {
        using (MetricsFile metrics = MetricsFile.Resume(File, 3))
        {
            metrics.OnStep(Step(4));
        }

        Assert.Single(Lines());
    }

    [Fact]
    public void A_new_run_never_overwrites_a_file()
    {
        WriteSteps(1);
        Assert.Throws<IOException>(() => MetricsFile.Create(File));
        Assert.Equal(2, Lines().Length);
    }

    [Fact]
    public void Several_observers_each_see_every_event()
    {
        string second = File + ".2";
        using (MetricsFile one = MetricsFile.Create(File))
        using (MetricsFile two = MetricsFile.Create(second))
        {
            TrainingObservers both = new(one, two);
            both.OnStarted(new("tiny", "runs/tiny", 0, 10, 1234, "cpu", "stories"));
            both.OnStep(Step(1));
            both.OnEvaluated(new(1, 2.0, 2.25, 0.25, true));
            both.OnSample(new(1, "", "text"));
            both.OnCheckpoint(new(1, "somewhere", true));
            both.OnFinished(new(RunOutcome.Completed, 1, null, null, null, null, TimeSpan.Zero));
        }

        Assert.Equal(["started", "step", "eval", "sample", "checkpoint", "finished"], Lines().Select(line => line.GetProperty("event").GetString()));
        Assert.Equal(System.IO.File.ReadAllBytes(File), System.IO.File.ReadAllBytes(second));
    }
}
