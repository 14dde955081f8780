using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using GptSharp.Data.Datasets;

namespace GptSharp.Cli.Tests.Commands;

/// <summary><c>gptsharp data prepare</c> in a process of its own, which is killed, or kept short of memory.</summary>
public sealed class DataPrepareProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Corpus(long bytes)
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 3000).Select(i => $"word{i * 7919 % 3000}")];
        string[] documents = [.. Enumerable.Range(0, 400).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(50, 1500)).Select(_ => words[random.Next(words.Length)])))];
        string path = _folder.At("corpus.jsonl");
        using StreamWriter writer = new(path);
        for (long written = 0, number = 0; written < bytes; number++)
        {
            string line = JsonSerializer.Serialize(new { text = $"{number} {documents[number % documents.Length]}" });
            writer.Write(line + "\n");
            written += line.Length + 1;
        }

        return path;
    }

    private static string[] Arguments(string corpus, string target, string duplicates = "exact", string saveEvery = "0.05") =>
        ["data", "prepare", corpus, "--out", target, "--tokenizer", "byte", "--duplicates", duplicates, "--shard-tokens", "3000000", "--save-every", saveEvery];

    private static Dictionary<string, string> Bytes(string folder) => Directory.GetFiles(folder).ToDictionary(
        path => Path.GetFileName(path)!, path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));

    [Fact]
    public void Killed_at_any_moment_it_goes_on_to_the_same_bits()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs SIGKILL");
        string corpus = Corpus(9_000_000);
        string whole = _folder.At("whole", "set"), target = _folder.At("killed", "set");
        Assert.Equal(0, CommandProcess.Run(Arguments(corpus, whole)).Code);

        int kills = 0;
        foreach (string file in (string[])["survey.records", "train-00000.tokens", "train-00001.tokens"])
        {
            using CommandProcess process = CommandProcess.Start(Arguments(corpus, target));
            while (!process.HasExited && !(File.Exists(Path.Combine(target + ".tmp", file)) && File.Exists(Path.Combine(target + ".tmp", "progress.json"))))
            {
                Thread.Sleep(2);
            }

            if (!process.HasExited)
            {
                process.Signal("KILL");
                (int ended, string output, string failure) = process.Finish();
                Assert.True(ended is 0 or 137, $"{ended} {output} {failure}");
                kills += ended == 137 ? 1 : 0;
            }
        }

        Assert.True(kills > 0, "Nothing was killed.");
        (int code, _, string error) = CommandProcess.Run(Arguments(corpus, target));
        Assert.True(code == 0, error);
        Assert.Contains("Going on where an interrupted attempt stopped.", error, StringComparison.Ordinal);
        Assert.Equal(Bytes(whole), Bytes(target));
    }

    [Fact]
    public async Task A_corpus_larger_than_the_memory_it_may_take_is_prepared()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        const long limit = 220_000_000;
        string corpus = Corpus(limit + (limit / 10));
        Assert.True(new FileInfo(corpus).Length > limit);
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "gptsharp.dll"), .. Arguments(corpus, _folder.At("set"), "near", "10"), "--threads", "2"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = limit.ToString("X", CultureInfo.InvariantCulture);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        long peak = 0;
        while (!process.WaitForExit(50))
        {
            peak = Math.Max(peak, HighWater(process.Id));
        }

        Assert.True(process.ExitCode == 0, await output + await error);
        Assert.InRange(peak, 1, 512L << 20);
        using Dataset dataset = Dataset.Open(_folder.At("set"));
        Assert.True(dataset.Train.Count > 1_000_000);
    }

    private static long HighWater(int process)
    {
        try
        {
            string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // It has just ended.
            return 0;
        }
    }
}
