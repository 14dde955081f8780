using System.Text.Json;

namespace GptSharp.Cli.Tests.Faults;

/// <summary>Runs of a model of a few thousand parameters, in processes of their own.</summary>
internal sealed class TinyConfig : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyConfig(params string[] lines)
    {
        File.WriteAllText(
            Path,
            $"""
            model: {"{layers: 1, heads: 2, channels: 16, block: 32, dropout: 0.1}"}
            data: {"{name: stories, stories_characters: 60_000}"}
            train:
              steps: 40
              batch: 4
              lr: 3e-3
              warmup: 5
              eval_every: 0
              checkpoint_every: 10
              keep_last: 10
              threads: 1
              out: {_folder.Path}
            sample: {"{every: 0, length: 20}"}

            """);
        Overrides = [.. lines.SelectMany(line => new[] { "--set", line })];
    }

    public string Path => _folder.At("tiny.yaml");

    public string[] Overrides { get; }

    public string At(params string[] names) => _folder.At(names);

    public string[] Train(string name, params string[] more) => ["train", Path, .. Overrides, "--set", $"train.name={name}", .. more];

    /// <summary>The losses of a run's steps, as its history has them.</summary>
    public double[] Losses(string name) => [.. Events(name, "step").Select(line => line.GetProperty("loss").GetDouble())];

    /// <summary>The events of one kind.</summary>
    public IEnumerable<JsonElement> Events(string name, string kind) => File.ReadLines(_folder.At(name, "metrics.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.GetProperty("event").GetString() == kind);

    public void Dispose() => _folder.Dispose();
}
