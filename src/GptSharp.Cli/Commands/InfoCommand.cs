using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Data;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Accounting;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;
using GptSharp.Training.Memory;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp info</c>: what a model consists of, before it is built.</summary>
internal static class InfoCommand
{
    // The byte tokenizer's; a character tokenizer's vocabulary is known only when its data set is there.
    private const int ByteVocabulary = 256;

    public static Command Create(CommandOutput output)
    {
        Argument<string?> model = new("model")
        {
            Description = "A preset's name, a configuration file, or the folder of a run or a model; without it, the presets are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int?> vocabulary = new("--vocabulary") { Description = "Count with so many tokens instead of the model's own.", HelpName = "tokens" };
        Option<bool> memory = new("--memory") { Description = "Plan the memory of a run to the byte, and take none." };
        Option<int?> microBatch = new("--micro-batch") { Description = "Plan with so many sequences per pass.", HelpName = "sequences" };
        Option<string?> memoryLimit = new("--memory-limit") { Description = "Say what fits into so much; short for --set train.memory_limit=….", HelpName = "size" };
        Option<string[]> assignments = new("--set")
        {
            Description = "Sets a key, whatever the file says; may be given often.",
            HelpName = "key=value",
            AllowMultipleArgumentsPerToken = false,
        };
        Option<bool> accelerators = new("--accelerators") { Description = "List the accelerators whose peaks are known, and where they are known from." };
        CommandWithExamples command = new(
            "info",
            "Show a model's shape, its parameters by component, its FLOPs per token, and the memory that training takes.",
            "gptsharp info",
            "gptsharp info gpt2",
            "gptsharp info gpt3-13b",
            "gptsharp info llama-7b",
            "gptsharp info configs/quickstart.yaml --vocabulary 65",
            "gptsharp info configs/quickstart.yaml --memory",
            "gptsharp info gpt2 --memory --micro-batch 4 --set train.precision=bf16",
            "gptsharp info tests/golden/interop/hf-llama",
            "gptsharp info --accelerators")
        {
            model,
            vocabulary,
            memory,
            microBatch,
            memoryLimit,
            assignments,
            accelerators,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(accelerators))
            {
                AcceleratorTable.Write(output.Out);
            }
            else if (parsed.GetValue(model) is { } name)
            {
                string[] overrides = parsed.GetValue(assignments) ?? [];
                overrides = parsed.GetValue(memoryLimit) is { } limit ? [.. overrides, $"train.memory_limit={limit}"] : overrides;
                Description description = Resolve(name, parsed.GetValue(vocabulary), overrides);
                if (parsed.GetValue(memory) || parsed.GetValue(microBatch) is not null)
                {
                    WriteMemory(description, parsed.GetValue(microBatch), output.Out);
                }
                else
                {
                    WriteModel(description, output.Out);
                }
            }
            else
            {
                WritePresets(output.Out);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Description Resolve(string name, int? vocabulary, IReadOnlyList<string> overrides)
    {
        if (Directory.Exists(name))
        {
            GptConfig found = ModelSource.ReadConfig(name);
            RunConfig run = RunConfigReader.Of(vocabulary is { } tokens ? found with { VocabularySize = tokens } : found, name, overrides);
            return new(name, run.Model.ToGptConfig(dataVocabularySize: 1, separator: 0), run, []);
        }

        bool isFile = File.Exists(name) || name.Contains('/', StringComparison.Ordinal) || Path.GetExtension(name) is ".yaml" or ".yml";
        if (!isFile)
        {
            GptPreset preset = GptPresets.Find(name);
            string size = (vocabulary ?? preset.Config.VocabularySize).ToString(CultureInfo.InvariantCulture);
            RunConfig named = RunConfigReader.Parse($"model:\n  preset: {preset.Name}\n  vocabulary: {size}\n", name, overrides);
            return new(preset.Title, named.Model.ToGptConfig(dataVocabularySize: 1, separator: 0), named, preset.Notes);
        }

        RunConfig config = RunConfigReader.Load(name, overrides);
        int? known = vocabulary ?? config.Model.VocabularySize ?? DataVocabulary(config.Data);
        GptConfig model = (config.Model with { VocabularySize = null }).ToGptConfig(known ?? ByteVocabulary, separator: 0);
        IReadOnlyList<string> notes = config.Model.Preset is { } started ? GptPresets.Find(started).Notes : [];
        string guess = $"The vocabulary depends on the data set, which is not here; counted with {ByteVocabulary}. --vocabulary sets another.";
        return new(name, model, config, known is null ? [.. notes, guess] : notes);
    }

    private static int? DataVocabulary(DataSection data)
    {
        if (data.Tokenizer == "byte")
        {
            return ByteVocabulary;
        }

        if (data.IsBuiltIn)
        {
            return CharTokenizer.Of(StoryGrammar.BuiltIn.Alphabet).VocabularySize;
        }

        try
        {
            using TrainingData opened = TrainingData.Open(data);
            return opened.Tokenizer.VocabularySize;
        }
        catch (CorpusException)
        {
            return null;
        }
    }

    private static void WriteMemory(Description description, int? microBatch, TextWriter writer)
    {
        RunConfig config = description.Run;
        if (microBatch is { } given)
        {
            config = config with { Train = config.Train with { MicroBatch = given, Batch = config.Train.Batch % given == 0 ? config.Train.Batch : given } };
        }

        SamplePlan samples = new(
            Math.Max(1, config.Sample.Prompt.Length), config.Data.IsBuiltIn && config.Train.Name is not null && config.Sample.Judged > 0 ? StoryGrammar.BuiltIn.LongestLength : null,
            config.Data.EffectiveValidationShare > 0);
        long free = FreeBytes(config);
        int size = config.Train.MicroBatch ?? RunMemory.Largest(config, description.Config, samples, free);
        writer.WriteLine(description.Title);
        MemoryTable.Write(writer, config, description.Config, samples, size, free);
        WriteNotes(description, writer);
    }

    private static long FreeBytes(RunConfig config)
    {
        using Device device = Devices.Open(config.Train.Device, config.Train.Threads);
        return device.FreeBytes;
    }

    private static void WriteFlops(Description description, TextWriter writer)
    {
        using Device device = Devices.Open(description.Run.Train.Device, description.Run.Train.Threads);
        FlopCount count = MemoryPlan.CountFlops(description.Run, description.Config);
        StepAccount account = new(count, new ModelFlops(description.Config).Formula, DevicePeak.Of(device, description.Run.Train.Precision.On(device).Storage));
        TextTable table = new("training, per token", ">FLOPs", "");
        table.Add("asked for by the model", Number((long)count.Model), $"= {account.Formula}");
        table.Add("executed", Number((long)count.Hardware), "");
        table.Add("  linear layers", Number((long)count.Linear), "with the padding of the vocabulary");
        table.Add("  attention", Number((long)count.Attention), "the causal half, its scores thrice");
        table.Add("  recompute", Number((long)count.Recompute), $"train.recompute: {description.Run.Train.Recompute}");
        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine($"MFU = {StepAccount.MfuFormula};");
        writer.WriteLine($"HFU = {StepAccount.HfuFormula}.");
        writer.WriteLine($"Peak of {device.Name}: {account.Peak.Text}.");
        if (account.Peak.FlopsPerSecond is { } peak)
        {
            writer.WriteLine($"An MFU of 100 % would be {(peak / count.Model).ToString("#,0", CultureInfo.InvariantCulture)} tokens per second.");
        }
    }

    private static void WriteModel(Description description, TextWriter writer)
    {
        GptConfig config = description.Config;
        ParameterReport report = new(config);
        writer.WriteLine(description.Title);
        TextTable shape = new("", "");
        shape.Add("layers", Number(config.LayerCount));
        shape.Add("heads", ShapeText.Heads(config));
        shape.Add("channels", Number(config.Width));
        shape.Add("mlp", $"{Number(config.MlpWidth)}, {ShapeText.Activation(config)}");
        shape.Add("norms", ShapeText.Norms(config));
        shape.Add("block", $"{Number(config.BlockSize)} tokens, {ShapeText.Positions(config)}");
        shape.Add("vocabulary", $"{Number(config.VocabularySize)} (computed on {Number(config.PaddedVocabularySize)})");
        shape.Add("head", config.TieHead ? "tied to the token embedding" : "of its own");
        shape.Add("biases", ShapeText.Biases(config));
        string options = ShapeText.Options(config);
        if (options.Length > 0)
        {
            shape.Add("options", options);
        }

        shape.Write(writer);
        writer.WriteLine();

        TextTable table = new("component", "parameter", ">shape", ">copies", ">parameters", ">share");
        foreach (ParameterEntry entry in report.Entries)
        {
            string share = ((double)entry.Count / report.Total).ToString("P1", CultureInfo.InvariantCulture);
            table.Add(entry.Component, entry.Name, entry.Shape, Number(entry.Copies), Number(entry.Count), share);
        }

        table.Add("total", "", "", "", Number(report.Total), "");
        table.Write(writer);
        writer.WriteLine();
        WriteFlops(description, writer);
        WriteNotes(description, writer);
    }

    private static void WriteNotes(Description description, TextWriter writer)
    {
        foreach (string note in description.Notes)
        {
            writer.WriteLine();
            writer.WriteLine($"Note: {note}");
        }
    }

    private static void WritePresets(TextWriter writer)
    {
        TextTable table = new("preset", "also", ">layers", ">channels", ">heads", ">kv heads", ">head size", ">block", ">parameters");
        foreach (GptPreset preset in GptPresets.All)
        {
            GptConfig config = preset.Config;
            table.Add(
                preset.Name,
                string.Join(", ", preset.Aliases),
                Number(config.LayerCount),
                Number(config.Width),
                Number(config.HeadCount),
                Number(config.KeyHeadCount),
                Number(config.HeadSize),
                Number(config.BlockSize),
                Number(new ParameterReport(config).Total));
        }

        table.Write(writer);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Description(string Title, GptConfig Config, RunConfig Run, IReadOnlyList<string> Notes);
}
