using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Bench;
using GptSharp.Cli.Machine;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp bench step</c>: whole training steps.</summary>
internal static class BenchStepCommand
{
    // AdamW in binary32 reads parameter, gradient and two moments, and writes all but the gradient.
    private const double UpdateBytesPerParameter = 28;

    public static Command Create(CommandOutput output)
    {
        Argument<string[]> names = new("shape")
        {
            Description = "W1 (GPT-2 124M, 4 x 64 tokens), W2 (4 layers of 128, 12 x 64), W3 (6 layers of 384, 16 x 256), quickstart; W2 and W3 if none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string> precision = new("--precision") { Description = "fp32 or bf16.", HelpName = "fp32|bf16", DefaultValueFactory = _ => "fp32" };
        precision.AcceptOnlyFromAmong("fp32", "bf16");
        Option<bool> verify = new("--verify") { Description = "Compare the first loss with the Reference backend's, in float64: minutes for W1." };
        BenchOptions options = new();
        CommandWithExamples command = new(
            "step",
            "Measure training steps (batch, forward, backward, clipping, AdamW) beside their floor: FLOPs over peak, and the update at the memory's speed.",
            "gptsharp bench step",
            "gptsharp bench step W1 --seconds 20",
            "gptsharp bench step W1 --precision bf16")
        {
            names,
            precision,
            verify,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] wanted = parsed.GetValue(names)!;
            StepShape[] shapes = [.. (wanted.Length == 0 ? ["W2", "W3"] : wanted).Select(Find)];
            Precision storage = parsed.GetValue(precision) == "bf16" ? Precision.Bf16 : Precision.Fp32;
            int threads = options.Threads(parsed);
            var limits = MeasuredLimits.Measure(threads);
            List<BenchRow> rows = [];
            List<StepCheck> checks = [];
            foreach (StepShape shape in shapes)
            {
                using StepWorkload workload = new(shape, threads, storage);
                checks.Add(StepCheck.Run(shape, workload, parsed.GetValue(verify)));
                double updateBytes = UpdateBytesPerParameter * workload.Model.ParameterCount;
                rows.Add(BenchRow.Of(shape, options.Measure(parsed, workload.Run, shapes.Length), limits, updateBytes));
            }

            options.Write(parsed, rows, limits, checks, output);
            if (!options.IsJson(parsed))
            {
                Write(output.Out, shapes, checks);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(TextWriter writer, StepShape[] shapes, List<StepCheck> checks)
    {
        writer.WriteLine();
        foreach ((StepShape shape, StepCheck check) in shapes.Zip(checks))
        {
            string reference = check.ReferenceLoss is { } exact
                ? string.Create(CultureInfo.InvariantCulture, $" (Reference: {exact:0.0000000}, {Math.Abs(check.Loss - exact) / exact:0.0e+0} of it away)")
                : "";
            writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{shape.Name}: loss of the first batch {check.Loss:0.0000000}{reference}; the first step changed {check.ChangedParameters:#,0} of {check.Parameters:#,0} parameters."));
        }
    }

    private static StepShape Find(string name) =>
        StepShape.All.FirstOrDefault(shape => shape.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ConfigurationException(
            $"there is no step '{name}' to measure; there are {string.Join(", ", StepShape.All.Select(shape => shape.Name))}.", "shape");
}
