using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Tests.Faults;

/// <summary>SIGKILL to processes that save, hundreds of times, at moments spread over a save.</summary>
public sealed partial class KilledSavesTests
{
    private const int Kills = 200, LeastInsideSaves = 150;
    private const int Kill = 9;

    [Fact]
    public void Two_hundred_kills_during_saves_never_cost_a_checkpoint_that_was_there()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs fork and SIGKILL");
        using TemporaryFolder folder = new();
        var store = new CheckpointStore(folder.Path);
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "GptSharp.SavingProcess.dll"), folder.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,

            // A runtime that is killed would leave the pipes and the socket behind at which debuggers find it.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
        };
        using Process process = Process.Start(start)!;
        double saveMilliseconds = double.Parse(Next(process, "ready "), CultureInfo.InvariantCulture);
        long durable = store.Steps[^1];
        int partial = 0, whole = 0;
        var random = new Random(1);
        for (int kill = 0, attempts = 0; kill < Kills; kill++)
        {
            Assert.True(attempts++ < 2 * Kills, "too many copies ended by themselves");
            long step = durable + 1;
            process.StandardInput.WriteLine(step);
            int child = int.Parse(Next(process, "child "), CultureInfo.InvariantCulture);
            Assert.True(child > 0, "the process could not be copied");
            string unfinished = store.FolderOf(step) + ".tmp";
            double delay = 0.8 * saveMilliseconds * random.NextDouble(); // the last fifth is for the manifest and the renaming
            for (long begun = 0; begun == 0 || Stopwatch.GetElapsedTime(begun).TotalMilliseconds < delay;)
            {
                begun = begun != 0 ? begun : Directory.Exists(unfinished) || Directory.Exists(store.FolderOf(step)) ? Stopwatch.GetTimestamp() : 0;
                Thread.SpinWait(20);
            }

            _ = Send(child, Kill); // it may have died by itself: what it says next tells
            if (Next(process, "dead ") != Kill.ToString(CultureInfo.InvariantCulture))
            {
                // A copy that did not survive the copying, which .NET does not promise: no kill.
                kill--;
                store.Open();
                continue;
            }

            partial += IsPartlyWritten(folder.Path) ? 1 : 0;
            (string newest, CheckpointManifest manifest) = store.FindNewest(problem => Assert.Fail(problem))!.Value;
            Assert.True(manifest.Step >= durable, $"kill {kill} cost checkpoint {durable}; the newest is {newest}");
            if (manifest.Step > durable)
            {
                whole++;
                saveMilliseconds *= 0.95; // the machine has become faster since this was measured: come sooner
            }

            durable = manifest.Step;
            store.Open(); // as a run does that goes on: what is unfinished goes
        }

        process.StandardInput.Close();
        process.WaitForExit();
        TestContext.Current.SendDiagnosticMessage($"{Kills} kills, {partial} on a partly written file, {whole} after a save's end; a save takes {saveMilliseconds} ms");
        Assert.InRange(partial, LeastInsideSaves, Kills);
        Assert.InRange(store.Steps.Count, 2, Kills); // a kill between the rename and the deletion of old ones leaves one more
    }

    // Files that are whole have their final length, and a checkpoint with all its files has its final name.
    private static bool IsPartlyWritten(string run) => Directory
        .EnumerateDirectories(Path.Combine(run, CheckpointStore.FolderName), "*.tmp")
        .Any(folder => !File.Exists(Path.Combine(folder, CheckpointManifest.FileName)));

    private static string Next(Process process, string beginning)
    {
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return line[beginning.Length..];
            }
        }

        throw new InvalidOperationException($"The saving process ended without a line '{beginning}'.");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
