using System.CommandLine;
using GptSharp.Cli.Display;
using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp export</c>: a model of ours as files that other programs read.</summary>
internal static class ExportCommand
{
    public static Command Create(CommandOutput output)
    {
        string[] formats = [.. ModelFormats.All.Select(format => format.Name)];
        Argument<string> source = new("model") { Description = "A run's folder, a checkpoint's, a folder in Hugging Face layout, or a GGUF file.", HelpName = "RUN_OR_DIR" };
        Option<string> format = new("--format") { Description = $"One of {string.Join(", ", formats)}.", HelpName = "name", Required = true };
        Option<string?> type = new("--dtype") { Description = "How numbers are stored: f32, bf16, f16; in GGUF also q8_0 and q4_0 [default: f32].", HelpName = "type" };
        Option<string?> shard = new("--max-shard-size") { Description = "hf: most bytes of tensors per file, for example 5GB or 200MB; without it, one file.", HelpName = "size" };
        Option<string> path = new("--out") { Description = "The folder (hf, onnx) or file (gguf) to make.", HelpName = "PATH", Required = true };
        CommandWithExamples command = new(
            "export",
            "Write a model for other programs: Hugging Face, llama.cpp, ONNX.",
            "gptsharp export runs/quickstart --format hf --out exported/quickstart",
            "gptsharp export runs/quickstart --format gguf --dtype f16 --out exported/quickstart.gguf",
            "gptsharp export tests/golden/interop/hf-llama --format hf --dtype bf16 --max-shard-size 200KB --out exported/llama")
        {
            source,
            format,
            type,
            shard,
            path,
        };
        command.SetAction(parsed =>
        {
            IModelFormat chosen = ModelFormats.Find(parsed.GetRequiredValue(format)) ?? throw new ConfigurationException(
                $"--format is '{parsed.GetRequiredValue(format)}', but must be one of {string.Join(", ", formats)}.");
            ExportOptions options = new(TypeNamed(parsed.GetValue(type), chosen), ShardSize(parsed.GetValue(shard), chosen));
            using Device device = Devices.Open("cpu");
            using ModelPackage package = ModelSource.Open(parsed.GetRequiredValue(source), device, notice => output.Error.WriteLine($"gptsharp: {notice}"));
            try
            {
                package.Save(parsed.GetRequiredValue(path), chosen, options);
            }
            catch (ConfigurationException exception)
            {
                // The command line is right; it is the model that the format has no place for.
                throw new InvalidDataException(exception.Message, exception);
            }

            output.Out.WriteLine($"{parsed.GetRequiredValue(path)}: {ModelSummary.Of(package)}, {options.Type.ToString().ToLowerInvariant()}");
            return ExitCode.Done;
        });
        return command;
    }

    private static WeightType TypeNamed(string? name, IModelFormat format)
    {
        if (name is null)
        {
            return format.WeightTypes[0];
        }

        bool isKnown = Enum.TryParse(name, ignoreCase: true, out WeightType type) && type.ToString().Equals(name, StringComparison.OrdinalIgnoreCase);
        return isKnown && format.WeightTypes.Contains(type) ? type : throw new ConfigurationException(
            $"--dtype is '{name}', but the format {format.Name} has {string.Join(", ", format.WeightTypes).ToLowerInvariant()}.");
    }

    private static long? ShardSize(string? text, IModelFormat format)
    {
        if (text is null)
        {
            return null;
        }

        return format.Name == "hf" ? ByteSize.Parse("--max-shard-size", text) : throw new ConfigurationException(
            $"--max-shard-size has no effect with --format {format.Name}, which writes its tensors as one file.");
    }
}
