using System.CommandLine;
using GptSharp.Cli.Display;
using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Training;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp import</c>: another program's model as a folder that every command here takes.</summary>
internal static class ImportCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string> source = new("model") { Description = "A folder in Hugging Face layout, or a GGUF file.", HelpName = "PATH" };
        Option<string> path = new("--out") { Description = "The folder to make: config.json, float32 weights as safetensors, and the tokenizer.", HelpName = "DIR", Required = true };
        CommandWithExamples command = new(
            "import",
            "Read another program's model and keep it as a folder that train --init, sample, trace, info and export take.",
            "gptsharp import tests/golden/interop/hf-llama --out imported/llama",
            "gptsharp import model.gguf --out imported/model")
        {
            source,
            path,
        };
        command.SetAction(parsed =>
        {
            using Device device = Devices.Open("cpu");
            using ModelPackage package = ModelPackage.Open(parsed.GetRequiredValue(source), device.Engine, device.Precision);
            try
            {
                package.Save(parsed.GetRequiredValue(path), ModelFormats.Find("hf")!, new ExportOptions());
            }
            catch (ConfigurationException exception)
            {
                // The command line is right; it is the model that the format has no place for.
                throw new InvalidDataException(exception.Message, exception);
            }

            output.Out.WriteLine($"{parsed.GetRequiredValue(path)}: {ModelSummary.Of(package)}");
            return ExitCode.Done;
        });
        return command;
    }
}
