using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Data;
using GptSharp.Data.Datasets;
using GptSharp.Data.Sampling;
using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Evaluation;
using GptSharp.Training.Input;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp eval</c>: how well a trained model predicts a split, every token of it once.</summary>
internal static class EvalCommand
{
    // Models of other programs may see more than anybody wants to wait for.
    private const int LongestForeignBlock = 1024;
    private const int ForeignBatch = 4;

    public static Command Create(CommandOutput output)
    {
        Argument<string> folder = new("folder") { Description = "A run's folder, whose best checkpoint is taken, one checkpoint's, a model's in Hugging Face layout, or a GGUF file." };
        Option<Split> split = new("--split") { Description = "Which part of the data: training, validation or test.", DefaultValueFactory = _ => Split.Validation };
        Option<string?> path = new("--data") { Description = "Another place of the data than the run's: a prepared folder or a text.", HelpName = "path" };
        Option<string> device = new("--device") { Description = $"What computes: {string.Join(", ", Devices.Names)}.", HelpName = "name", DefaultValueFactory = _ => Devices.Automatic };
        CommandWithExamples command = new(
            "eval",
            "Measure how well a trained model predicts text: every token of a split once, in fixed order.",
            "gptsharp eval runs/quickstart",
            "gptsharp eval runs/quickstart --split training",
            "gptsharp eval runs/shakespeare-char-cpu/checkpoints/step-00002000 --data data/tinyshakespeare")
        {
            folder,
            split,
            path,
            device,
        };
        command.SetAction(parsed =>
        {
            using Device opened = Devices.Open(parsed.GetValue(device)!);
            string source = parsed.GetValue(folder)!;
            if (ModelSource.IsForeign(source))
            {
                EvaluateForeign(source, parsed.GetValue(path), parsed.GetValue(split), opened, output.Out);
                return ExitCode.Done;
            }

            using TrainedModel trained = TrainedModel.Open(source, opened, notice => output.Error.WriteLine($"gptsharp: {notice}"));
            DataSection section = parsed.GetValue(path) is { } other ? trained.Config.Data with { Path = other } : trained.Config.Data;
            using TrainingData data = TrainingData.Open(section);
            data.RequireTokenizer(trained.Manifest.Tokenizer, trained.Folder);
            Write(trained, data, parsed.GetValue(split), output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    // Another program's model does not say what it learnt from, so the data set says how it was prepared.
    private static void EvaluateForeign(string source, string? path, Split split, Device device, TextWriter writer)
    {
        if (path is null)
        {
            throw new ConfigurationException($"--data is missing: {source} does not say by which text the model is to be measured.");
        }

        using ModelPackage package = ModelPackage.Open(source, device.Engine, device.Precision);
        using TrainingData data = TrainingData.Open(SectionOf(source, path));
        ModelStart.RequireTokenizer(source, package.Tokenizer, data);
        if (data.Tokenizer.VocabularySize > package.Model.Config.VocabularySize)
        {
            throw new ConfigurationException(
                $"{data.Description} has {data.Tokenizer.VocabularySize} tokens, but the model of {source} knows only {package.Model.Config.VocabularySize}; prepare the data with the model's tokenizer.");
        }

        int block = Math.Min(package.Model.Config.BlockSize, LongestForeignBlock);
        Write(source, package.Model, data, split, new DataSection().Alignment, block, ForeignBatch, writer);
    }

    private static DataSection SectionOf(string source, string path)
    {
        var section = new DataSection { Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), Path = path };
        if (!Dataset.IsIn(path))
        {
            return section with { Tokenizer = source };
        }

        using Dataset dataset = Dataset.Open(path, section.Name);
        return section with { Tokenizer = dataset.Manifest.Tokenizer };
    }

    private static void Write(TrainedModel trained, TrainingData data, Split split, TextWriter writer) => Write(
        trained.Folder, trained.Model, data, split, trained.Config.Data.Alignment, trained.Config.Model.BlockSize, trained.Manifest.MicroBatch, writer);

    private static void Write(
        string source, Gpt model, TrainingData data, Split split, BlockAlignment alignment, int block, int batch, TextWriter writer)
    {
        string splitName = split.ToString().ToLowerInvariant();
        BlockSet cut = data.Blocks(split, block, alignment)
            ?? throw new CorpusException($"{data.Description} has no {splitName} split; data.{splitName}_share keeps text for one.");
        EvaluationBlocks blocks = new(cut);
        LossReport loss = new Evaluator(model, batch).Evaluate(blocks);

        writer.WriteLine($"{source}, the {splitName} split of {data.Description}");
        TextTable table = new("", ">");
        table.Add("tokens scored", Format.Count(loss.Scored));
        table.Add("loss, nats per token", Format.Loss(loss.Mean));
        table.Add("bits per token", Format.Loss(loss.Mean / Math.Log(2)));
        table.Add("perplexity", Format.Loss(Math.Exp(loss.Mean)));
        if (data.Grammar is { } grammar)
        {
            double floor = StoryFloor.Of(grammar, data.Tokenizer, blocks);
            table.Add("floor: the least loss possible here", Format.Loss(floor));
            table.Add("loss above the floor", ((loss.Mean / floor) - 1).ToString("P1", CultureInfo.InvariantCulture));
            table.Add("entropy of whole stories, nats per character", Format.Loss(grammar.EntropyPerCharacter));
        }

        table.Write(writer);
    }
}
