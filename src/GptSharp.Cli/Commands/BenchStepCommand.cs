using System.CommandLine;
using GptSharp.Cli.Bench;
using GptSharp.Cli.Machine;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Training.Profiling;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp bench step</c>: whole training steps.</summary>
internal static class BenchStepCommand
{
    // AdamW reads parameter, gradient and two moments in binary32, and writes all but the gradient; parameters in BF16 beside their master
    // weights are written once more.
    private const double UpdateBytesPerParameter = 28;
    private const double UpdateBytesPerBF16Parameter = 30;

    public static Command Create(CommandOutput output)
    {
        Argument<string[]> names = new("shape")
        {
            Description = "W1 (GPT-2 124M, 4 x 64 tokens), W2 (4 layers of 128, 12 x 64), W3 (6 layers of 384, 16 x 256), quickstart; W2 and W3 if none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string> precision = new("--precision") { Description = "fp32 or bf16.", HelpName = "fp32|bf16", DefaultValueFactory = _ => "fp32" };
        precision.AcceptOnlyFromAmong("fp32", "bf16");
        Option<bool> verify = new("--verify") { Description = "Compare the first loss with the Reference backend's, in float64: a minute for W1." };
        Option<bool> scaling = new("--scaling") { Description = "Measure a step with one thread, too, in turn with one of all threads." };
        Option<string?> memory = new("--memory")
        {
            Description = "Instead of time: managed and native bytes a step, and how much the process grew, between two steps.",
            HelpName = "first:last",
        };
        Option<bool> profile = new("--profile") { Description = "Also where the time of a step goes: a table of its operations by the sizes of their operands." };
        BenchOptions options = new();
        CommandWithExamples command = new(
            "step",
            "Measure training steps (batch, forward, backward, clipping, AdamW) beside their floor: FLOPs over peak, and the update at the memory's speed.",
            "gptsharp bench step",
            "gptsharp bench step W1 --seconds 20",
            "gptsharp bench step W1 --precision bf16",
            "gptsharp bench step W3 --scaling",
            "gptsharp bench step W3 --profile",
            "gptsharp bench step W2 --memory 200:2000")
        {
            names,
            precision,
            verify,
            scaling,
            memory,
            profile,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] wanted = parsed.GetValue(names)!;
            StepShape[] shapes = [.. (wanted.Length == 0 ? ["W2", "W3"] : wanted).Select(Find)];
            Precision storage = parsed.GetValue(precision) == "bf16" ? Precision.Bf16 : Precision.Fp32;
            int threads = options.Threads(parsed);
            if (parsed.GetValue(memory) is { } text)
            {
                (long First, long Last) steps = StepMemory.ParseSteps(text);
                StepShape shape = shapes.Length == 1
                    ? shapes[0]
                    : throw new ConfigurationException($"the memory of a process tells of one step, not {shapes.Length}; name the one.", "--memory");
                options.Write(parsed, new BenchResult { Memory = StepMemory.Measure(shape, threads, storage, steps) }, output);
                return ExitCode.Done;
            }

            var limits = MeasuredLimits.Measure(threads);
            List<BenchRow> rows = [];
            List<StepCheck> checks = [];
            List<StepScaling> scalings = [];
            List<ProfileReport> profiles = [];
            foreach (StepShape shape in shapes)
            {
                using (StepWorkload workload = new(shape, threads, storage))
                {
                    checks.Add(StepCheck.Run(shape, workload, parsed.GetValue(verify)));
                    bool inBF16 = storage == Precision.Bf16;
                    double updateBytes = (inBF16 ? UpdateBytesPerBF16Parameter : UpdateBytesPerParameter) * workload.Model.ParameterCount;
                    BenchTiming timing = options.Measure(
                        parsed, workload.Run, () => MeasuredLimits.StepFloor(threads, shape.FlopsPerStep, updateBytes, inBF16), shapes.Length);
                    rows.Add(BenchRow.Of(shape, timing, inBF16));
                    if (parsed.GetValue(profile))
                    {
                        profiles.Add(workload.Profile(options.Seconds(parsed)));
                    }
                }

                if (parsed.GetValue(scaling))
                {
                    scalings.Add(StepScaling.Measure(shape, threads, storage, options.Seconds(parsed)));
                }
            }

            options.Write(
                parsed,
                new BenchResult
                {
                    Limits = limits,
                    Rows = rows,
                    Checks = checks,
                    Scaling = scalings.Count == 0 ? null : scalings,
                    Profiles = profiles.Count == 0 ? null : profiles,
                },
                output);
            return ExitCode.Done;
        });
        return command;
    }

    private static StepShape Find(string name) =>
        StepShape.All.FirstOrDefault(shape => shape.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ConfigurationException(
            $"there is no step '{name}' to measure; there are {string.Join(", ", StepShape.All.Select(shape => shape.Name))}.", "shape");
}
