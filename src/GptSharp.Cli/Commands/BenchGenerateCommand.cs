using System.CommandLine;
using GptSharp.Cli.Bench;
using GptSharp.Cli.Machine;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp bench generate</c>: how fast a model writes.</summary>
internal static class BenchGenerateCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string> name = new("model")
        {
            Description = $"A preset's name, or the shape of a step: {string.Join(", ", StepShape.All.Select(shape => shape.Name))}. Its weights are random.",
            DefaultValueFactory = _ => "gpt2",
        };
        Option<string> precision = new("--precision") { Description = "fp32 or bf16.", HelpName = "fp32|bf16", DefaultValueFactory = _ => "fp32" };
        precision.AcceptOnlyFromAmong("fp32", "bf16");
        Option<int> prompt = new("--prompt") { Description = "Tokens of the prompt.", HelpName = "n", DefaultValueFactory = _ => 32 };
        Option<int> tokens = new("--tokens") { Description = "New tokens, the likeliest each.", HelpName = "n", DefaultValueFactory = _ => 128 };
        BenchOptions options = new();
        CommandWithExamples command = new(
            "generate",
            "Measure how long a model takes for a token, beside the time in which memory delivers its weights.",
            "gptsharp bench generate",
            "gptsharp bench generate --precision bf16 --threads 1",
            "gptsharp bench generate gpt2-medium --prompt 8 --tokens 64",
            "gptsharp bench generate --against 'node llama.mjs'")
        {
            name,
            precision,
            prompt,
            tokens,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            GptConfig config = Find(parsed.GetValue(name)!);
            (int promptTokens, int newTokens) = (parsed.GetValue(prompt), parsed.GetValue(tokens));
            if (promptTokens < 1 || newTokens < 2 || promptTokens + newTokens > config.BlockSize)
            {
                throw new ConfigurationException(
                    $"a prompt of {promptTokens} and {newTokens} new tokens cannot be measured; give at least 1 and 2, together at most {config.BlockSize}.",
                    "--tokens");
            }

            int threads = options.Threads(parsed);
            string storage = parsed.GetValue(precision)!;
            var limits = MeasuredLimits.Measure(threads);
            using GenerateWorkload workload = new(
                config, threads, storage == "bf16" ? DType.BF16 : DType.F32, promptTokens, newTokens);
            List<double> reads = [];
            BenchTiming timing = options.Measure(parsed, () =>
            {
                reads.Add(MeasuredLimits.ReadNow(threads));
                return workload.Run();
            });
            limits = limits with { ReadGigabytes = BenchTiming.Median(reads) };
            var figures = new GenerationFigures(
                promptTokens, newTokens, workload.WeightBytes, 1e3 / timing.Milliseconds, workload.PromptMilliseconds);
            BenchRow row = BenchRow.Of(workload, $"{parsed.GetValue(name)} {storage}, a token", timing, limits);
            options.Write(parsed, new BenchResult { Limits = limits, Rows = [row], Generation = figures }, output);
            return ExitCode.Done;
        });
        return command;
    }

    private static GptConfig Find(string name) =>
        StepShape.All.FirstOrDefault(shape => shape.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Model ?? GptPresets.Find(name).Config;
}
