using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Optimization;

namespace GptSharp.SavingProcess;

/// <summary>
/// Saves checkpoints and is killed. To start a .NET process for each of hundreds of kills would take minutes, so this one, warm and with
/// no thread that works, forks: each line on its standard input, a step, starts a copy that saves this step's checkpoint and waits for its end.
/// </summary>
internal static partial class Program
{
    private const int WarmUps = 12;

    // Of a copy whose kill never comes, because the test was stopped.
    private const uint SecondsToLive = 30;

    private static int Main(string[] arguments)
    {
        string run = arguments[0];
        using Device device = Devices.Open("cpu", threads: 1);
        var config = new GptConfig { VocabularySize = 256, BlockSize = 64, LayerCount = 2, HeadCount = 4, Width = 192 };
        using Gpt model = new(device.Engine, config);
        model.Initialize(seed: 1);
        var optimizer = new AdamW(model.Arena, new AdamWOptions(0.9, 0.99, 1e-8, 0.1, 1));
        var store = new CheckpointStore(run);
        store.Open();

        // Everything is compiled and loaded now: a copy has no other threads to do that.
        List<double> times = [];
        for (long step = 1; step <= WarmUps; step++)
        {
            long start = Stopwatch.GetTimestamp();
            Save(store, step, model, optimizer, config);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ready {times.Order().ElementAt(WarmUps / 2):0.000}"));
        while (Console.ReadLine() is { } line)
        {
            long step = long.Parse(line, CultureInfo.InvariantCulture);
            int child = Fork();
            if (child == 0)
            {
                Save(store, step, model, optimizer, config);
                _ = Sleep(SecondsToLive);
                Exit(0);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"child {child}"));
            _ = Wait(child, out int status, 0);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"dead {status}"));
        }

        return 0;
    }

    private static void Save(CheckpointStore store, long step, Gpt model, Optimizer optimizer, GptConfig config)
    {
        Checkpoint.Save(store.FolderOf(step), model, optimizer, new CheckpointManifest
        {
            Format = CheckpointManifest.CurrentFormat,
            Writer = CheckpointManifest.CurrentWriter,
            Step = step,
            NextBatch = step,
            Updates = step,
            Seed = 1,
            MicroBatch = 1,
            Device = "test",
            Seconds = 1,
            EvaluatedStep = null,
            BestLoss = null,
            BestStep = null,
            Model = config,
            Tokenizer = "",
            Data = "",
            Config = "",
            Files = new Dictionary<string, string>(),
        });
        store.Prune(new Retention(Last: 2, Best: true, Every: 0), bestStep: null);
    }

    [LibraryImport("libc", EntryPoint = "sleep")]
    private static partial uint Sleep(uint seconds);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "fork")]
    private static partial int Fork();

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int Wait(int process, out int status, int options);
}
