using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Training.Configuration;

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
            Description = "A preset's name or a configuration file; without it, the presets are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int?> vocabulary = new("--vocabulary") { Description = "Count with so many tokens instead of the model's own.", HelpName = "tokens" };
        CommandWithExamples command = new(
            "info",
            "Show a model's shape and its parameters by component.",
            "gptsharp info",
            "gptsharp info gpt2",
            "gptsharp info gpt3-13b",
            "gptsharp info llama-7b",
            "gptsharp info configs/quickstart.yaml --vocabulary 65")
        {
            model,
            vocabulary,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(model) is { } name)
            {
                WriteModel(Resolve(name, parsed.GetValue(vocabulary)), output.Out);
            }
            else
            {
                WritePresets(output.Out);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Description Resolve(string name, int? vocabulary)
    {
        bool isFile = File.Exists(name) || name.Contains('/', StringComparison.Ordinal) || Path.GetExtension(name) is ".yaml" or ".yml";
        if (!isFile)
        {
            GptPreset preset = GptPresets.Find(name);
            GptConfig shape = vocabulary is { } size ? preset.Config with { VocabularySize = size } : preset.Config;
            return new(preset.Title, shape.Validate(), preset.Notes);
        }

        RunConfig config = RunConfigReader.Load(name);
        int? known = vocabulary ?? config.Model.VocabularySize ?? (config.Data.Tokenizer == TokenizerKind.Byte ? ByteVocabulary : null);
        GptConfig model = (config.Model with { VocabularySize = null }).ToGptConfig(known ?? ByteVocabulary, separator: 0);
        IReadOnlyList<string> notes = config.Model.Preset is { } started ? GptPresets.Find(started).Notes : [];
        string guess = $"The vocabulary depends on the data set's characters; counted with {ByteVocabulary}. --vocabulary sets another.";
        return new(name, model, known is null ? [.. notes, guess] : notes);
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

    private sealed record Description(string Title, GptConfig Config, IReadOnlyList<string> Notes);
}
