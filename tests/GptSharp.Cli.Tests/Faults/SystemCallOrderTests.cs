using System.Diagnostics;
using System.Text.RegularExpressions;

namespace GptSharp.Cli.Tests.Faults;

public sealed class SystemCallOrderTests
{
    [Fact]
    public async Task A_checkpoint_is_flushed_renamed_and_its_folder_flushed_in_this_order()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Find("strace") is not null, "strace is not on the PATH (Debian: apt-get install strace)");
        using TinyConfig tiny = new("train.steps=2", "train.checkpoint_every=1", "train.name=traced");
        string log = tiny.At("strace.log");
        ProcessStartInfo start = new("strace", [
            "-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o", log,
            "dotnet", Path.Combine(AppContext.BaseDirectory, "gptsharp.dll"), .. tiny.Train("traced")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process strace = Process.Start(start)!;
        Task<string> errors = strace.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        strace.StandardOutput.ReadToEnd();
        strace.WaitForExit();
        string error = await errors;
        Assert.SkipWhen(error.Contains("PTRACE", StringComparison.Ordinal), $"strace may not trace here: {error}");
        Assert.True(strace.ExitCode == 0, error);

        // One checkpoint from a thread of its own, and the last one from the main thread.
        foreach (string step in new[] { "step-00000001", "step-00000002" })
        {
            string[] calls =
            [
                .. File.ReadLines(log)
                    .Where(line => line.Contains(step, StringComparison.Ordinal) || line.Contains("/checkpoints>", StringComparison.Ordinal))
                    .Select(Shorten)
                    .SkipWhile(call => !call.Contains(step, StringComparison.Ordinal))
                    .Take(7),
            ];
            Assert.Equal(
                [
                    $"fsync {step}.tmp/model.safetensors",
                    $"fsync {step}.tmp/optimizer.safetensors",
                    $"fsync {step}.tmp/manifest.json.tmp",
                    $"rename {step}.tmp/manifest.json.tmp {step}.tmp/manifest.json",
                    $"fsync {step}.tmp",
                    $"rename {step}.tmp {step}",
                    "fsync checkpoints",
                ],
                calls);
        }
    }

    // 123 fsync(57</tmp/…/checkpoints/step-00000001.tmp/model.safetensors>) = 0
    private static string Shorten(string line)
    {
        string name = line.Contains(" fsync(", StringComparison.Ordinal) ? "fsync" : "rename";
        IEnumerable<string> paths = Regex.Matches(line, "[<\"](/[^>\"]*)[>\"]", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups[1].Value)
            .Select(path => path[(path.LastIndexOf("/checkpoints", StringComparison.Ordinal) + 1)..])
            .Select(path => path == "checkpoints" ? path : path["checkpoints/".Length..]);
        return $"{name} {string.Join(' ', paths)}";
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
