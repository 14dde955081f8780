using System.CommandLine;
using GptSharp.Cli.Display;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Inference;
using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Input;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp sample</c>: a trained model writes.</summary>
internal static class SampleCommand
{
    private const string Separator = "---";

    public static Command Create(CommandOutput output)
    {
        SamplingOptions usual = new();
        Argument<string> folder = new("folder") { Description = "A run's folder, whose best checkpoint is taken, one checkpoint's, a model's in Hugging Face layout, or a GGUF file." };
        Option<string[]> prompt = new("--prompt") { Description = "Text to continue; may be given often. Without it, a text starts at data.separator, or on a new line.", HelpName = "text" };
        Option<int> count = new("--count") { Description = "Texts per prompt.", HelpName = "n", DefaultValueFactory = _ => 1 };
        Option<int> tokens = new("--tokens") { Description = "New tokens per text.", HelpName = "n", DefaultValueFactory = _ => usual.MaxTokens };
        Option<double> temperature = new("--temperature") { Description = "Below 1 is safer, above 1 wilder.", HelpName = "t", DefaultValueFactory = _ => usual.Temperature };
        Option<bool> greedy = new("--greedy") { Description = "Always take the likeliest token: temperature 0." };
        Option<int?> topK = new("--top-k") { Description = "Draw from the k likeliest tokens only.", HelpName = "k" };
        Option<double> topP = new("--top-p") { Description = "Draw from the likeliest tokens that together have probability p.", HelpName = "p", DefaultValueFactory = _ => usual.TopP };
        Option<ulong> seed = new("--seed") { Description = "Another seed draws other texts.", HelpName = "n", DefaultValueFactory = _ => usual.Seed };
        Option<string> device = new("--device") { Description = $"What computes: {string.Join(", ", Devices.Names)}.", HelpName = "name", DefaultValueFactory = _ => Devices.Automatic };
        Option<bool> noCache = new("--no-cache") { Description = "Run the whole context for every token: slow, the same text." };
        CommandWithExamples command = new(
            "sample",
            "Let a trained model write.",
            "gptsharp sample runs/quickstart",
            "gptsharp sample runs/quickstart --count 5 --temperature 0.8 --top-k 20 --seed 7",
            "gptsharp sample runs/quickstart --prompt \"Merry Ruth\" --greedy --tokens 100",
            "gptsharp sample runs/quickstart/checkpoints/step-00000800")
        {
            folder,
            prompt,
            count,
            tokens,
            temperature,
            greedy,
            topK,
            topP,
            seed,
            device,
            noCache,
        };
        command.SetAction(parsed =>
        {
            SamplingOptions options = new()
            {
                Temperature = parsed.GetValue(greedy) ? 0 : parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed),
                MaxTokens = parsed.GetValue(tokens),
                UseCache = !parsed.GetValue(noCache),
            };
            if (parsed.GetValue(count) < 1)
            {
                throw new ConfigurationException($"--count ({parsed.GetValue(count)}) is not a positive whole number; use 1 or more.");
            }

            using Device opened = Devices.Open(parsed.GetValue(device)!);
            string source = parsed.GetValue(folder)!;
            using ModelPackage package = ModelSource.Open(source, opened, notice => output.Error.WriteLine($"gptsharp: {notice}"), out TextMarks marks);
            ITokenizer tokenizer = package.Tokenizer ?? throw new RefusedFileException(
                source, "it has no tokenizer, so it can neither read a prompt nor write; put the tokenizer.json that the model was trained with beside its weights.");
            string[] prompts = [.. (parsed.GetValue(prompt) ?? []).SelectMany(text => Enumerable.Repeat(text, parsed.GetValue(count)))];
            int[][] starts = prompts.Length > 0
                ? Array.ConvertAll(prompts, text => Start(source, tokenizer, text))
                : [.. Enumerable.Repeat<int[]>([marks.Start ?? throw NoStart(tokenizer)], parsed.GetValue(count))];
            options = options with { StopToken = marks.Stop, MoreStopTokens = package.Generation.EndTokens };
            Write(new Generator(package.Model), tokenizer, prompts, starts, options, output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    // Another program's model has seen every text behind the tokens that its tokenizer's template puts there; a run has not.
    private static int[] Start(string source, ITokenizer tokenizer, string text) => tokenizer is TextTokenizer known && !ModelSource.IsRun(source)
        ? [.. known.Template.Before, .. known.Encode(text)]
        : tokenizer.Encode(text);

    private static ConfigurationException NoStart(ITokenizer tokenizer) => new(
        $"--prompt is missing, and this model knows no line end to start from. Its vocabulary ({tokenizer.Kind}, {tokenizer.VocabularySize} tokens) has none.");

    // The first text is shown while it is written; the others, which are written at the same time, follow it.
    private static void Write(
        Generator generator, ITokenizer tokenizer, string[] prompts, int[][] starts, SamplingOptions options, TextWriter writer)
    {
        StreamedText Begin(int index) => new(tokenizer, writer, index < prompts.Length ? prompts[index] : "");

        StreamedText first = Begin(0);
        IReadOnlyList<int[]> texts = generator.Generate(starts, options, (sequence, token) =>
        {
            if (sequence == 0)
            {
                first.Add(token);
            }
        });
        first.Finish();
        for (int index = 1; index < texts.Count; index++)
        {
            writer.Write(Separator + "\n");
            StreamedText text = Begin(index);
            Array.ForEach(texts[index], text.Add);
            text.Finish();
        }
    }
}
