using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Data;
using GptSharp.Data.Sampling;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Evaluation;
using GptSharp.Training.Input;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp eval</c>: how well a trained model predicts a split, every token of it once.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string> folder = new("folder") { Description = "A run's folder, whose best checkpoint is taken, or one checkpoint's." };
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
            using TrainedModel trained = TrainedModel.Open(parsed.GetValue(folder)!, opened, notice => output.Error.WriteLine($"gptsharp: {notice}"));
            DataSection section = parsed.GetValue(path) is { } other ? trained.Config.Data with { Path = other } : trained.Config.Data;
            using TrainingData data = TrainingData.Open(section);
            data.RequireTokenizer(trained.Manifest.Tokenizer, trained.Folder);
            Write(trained, data, parsed.GetValue(split), output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(TrainedModel trained, TrainingData data, Split split, TextWriter writer)
    {
        RunConfig config = trained.Config;
        string splitName = split.ToString().ToLowerInvariant();
        BlockSet cut = data.Blocks(split, config.Model.BlockSize, config.Data.Alignment)
            ?? throw new CorpusException($"{data.Description} has no {splitName} split; data.{splitName}_share keeps text for one.");
        EvaluationBlocks blocks = new(cut);
        LossReport loss = new Evaluator(trained.Model, trained.Manifest.MicroBatch).Evaluate(blocks);

        writer.WriteLine($"{trained.Folder}, the {splitName} split of {data.Description}");
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
