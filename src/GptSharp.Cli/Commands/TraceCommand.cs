using System.CommandLine;
using System.Globalization;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Training;
using GptSharp.Training.Configuration;
using GptSharp.Training.Optimization;
using GptSharp.Training.Profiling;
using GptSharp.Training.Tracing;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp trace</c>: logits, loss, gradients and optimizer steps of a model as a file of numbers.</summary>
internal sealed class TraceCommand
{
    // A trace is often compared with a training run, so what is not said is as in training.
    private static readonly TrainSection Defaults = new();

    private readonly Argument<string> _model = new("model")
    {
        Description = "A folder in Hugging Face layout: config.json (model_type gpt2, llama, mistral, qwen2 or qwen3) and safetensors.",
        HelpName = "MODEL_DIR",
    };

    private readonly Argument<string> _batch = new("batch")
    {
        Description = "A file with tokens (B, T) and, for gradients, targets (B, T); for --steps, batches (steps, B, T + 1). I32 or I64.",
        HelpName = "BATCH.safetensors",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "The file to write: logits, loss, grad.NAME; with --steps also after.NAME, losses and grad_norms.",
        HelpName = "OUT.safetensors",
        Required = true,
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = $"What computes: {string.Join(", ", Devices.Names)}. The reference computes and stores float64, the others float32.",
        DefaultValueFactory = _ => Devices.Automatic,
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = $"How numbers are stored: {string.Join(", ", TrainingPrecisionNames.All)}; results are written as float32 all the same.",
        DefaultValueFactory = _ => TrainingPrecisionNames.All[0],
    };

    private readonly Option<int?> _steps = new("--steps") { Description = "Also run so many AdamW steps.", HelpName = "N" };
    private readonly Option<double?> _learningRate = Number("--lr", "Step size of every step", Defaults.LearningRate);
    private readonly Option<double?> _weightDecay = Number("--weight-decay", "Decay of tensors with two or more axes", Defaults.WeightDecay);
    private readonly Option<double?> _beta1 = Number("--beta1", "Decay of the first moment", Defaults.Beta1);
    private readonly Option<double?> _beta2 = Number("--beta2", "Decay of the second moment", Defaults.Beta2);
    private readonly Option<double?> _epsilon = Number("--eps", "Added to the root of the second moment", Defaults.Epsilon);
    private readonly Option<double?> _clip = Number("--clip", "Largest norm of the gradient, 0 for none", Defaults.GradientClip);
    private readonly Option<bool> _kernels = new("--kernels")
    {
        Description = "Also list every kernel that the GPU or the emulator ran: launches, and on the emulator matrix instructions (mma).",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Replace OUT.safetensors if it is there." };

    public static Command Create(CommandOutput output)
    {
        TraceCommand parts = new();
        CommandWithExamples command = new(
            "trace",
            "Run a model forward and backward and write every number, to compare with another library's.",
            "gptsharp trace tests/golden/gpt2-tiny tests/golden/gpt2-tiny/golden.safetensors --out trace.safetensors --device reference",
            "gptsharp trace tests/golden/gpt2-d64 tests/golden/gpt2-d64/golden.safetensors --out trace.safetensors --force --steps 10 --lr 3e-3 --eps 1e-6",
            "gptsharp trace tests/golden/gpt2-d64 tests/golden/gpt2-d64/golden.safetensors --out trace.safetensors --force --device emulator --precision bf16 --kernels",
            "gptsharp trace tests/golden/llama-tiny tests/golden/llama-tiny/golden.safetensors --out trace.safetensors --force")
        {
            parts._model,
            parts._batch,
            parts._out,
            parts._device,
            parts._precision,
            parts._steps,
            parts._learningRate,
            parts._weightDecay,
            parts._beta1,
            parts._beta2,
            parts._epsilon,
            parts._clip,
            parts._kernels,
            parts._force,
        };
        command.SetAction(parsed => parts.Run(parsed, output));
        return command;
    }

    private int Run(ParseResult parsed, CommandOutput output)
    {
        string folder = parsed.GetRequiredValue(_model);
        string batch = parsed.GetRequiredValue(_batch);
        string path = parsed.GetRequiredValue(_out);
        TraceSteps? steps = Steps(parsed);
        TrainingPrecision precision = Precision(parsed.GetRequiredValue(_precision));
        CheckOutput(path, batch, folder, parsed.GetValue(_force));
        using Device device = Devices.Open(parsed.GetRequiredValue(_device));
        using KernelCounts? kernels = parsed.GetValue(_kernels) ? Kernels(device) : null;
        Trace trace = Trace.Run(folder, batch, device, steps, precision);
        trace.Save(path);
        output.Out.WriteLine($"{path}: {Summary(trace)}; {device.Description}");
        if (kernels is not null)
        {
            Write(kernels, output.Out);
        }

        return ExitCode.Done;
    }

    private static KernelCounts Kernels(Device device) => device.Engine.Backend is CudaBackend backend
        ? new KernelCounts(backend)
        : throw new ConfigurationException(
            $"--kernels lists what a GPU runs, but {device.Name} has none; --device emulator runs the same kernels without a GPU.");

    private static void Write(KernelCounts kernels, TextWriter writer)
    {
        TextTable table = new("kernel", ">launches", ">mma");
        foreach (KernelCount kernel in kernels.All)
        {
            table.Add(
                kernel.Name,
                kernel.Launches.ToString("N0", CultureInfo.InvariantCulture),
                kernel.MatrixInstructions?.ToString("N0", CultureInfo.InvariantCulture) ?? "?");
        }

        table.Write(writer);
    }

    private static TrainingPrecision Precision(string name) => TrainingPrecisionNames.Find(name)
        ?? throw new ConfigurationException($"--precision is '{name}', but must be one of {string.Join(", ", TrainingPrecisionNames.All)}.");

    private TraceSteps? Steps(ParseResult parsed)
    {
        if (parsed.GetValue(_steps) is not { } count)
        {
            Option<double?>[] idle = [_learningRate, _weightDecay, _beta1, _beta2, _epsilon, _clip];
            return idle.FirstOrDefault(option => parsed.GetValue(option) is not null) is not { } set ? null
                : throw Wrong(set, "has no effect without --steps");
        }

        if (count < 1)
        {
            throw Wrong(_steps, $"is {count}, but must be 1 or more");
        }

        const string notNegative = "0 or more";
        double rate = Value(parsed, _learningRate, Defaults.LearningRate, value => value >= 0, notNegative);
        double clip = Value(parsed, _clip, Defaults.GradientClip, value => value >= 0, notNegative);
        return new TraceSteps(count, rate, new AdamWOptions(
            Value(parsed, _beta1, Defaults.Beta1, value => value is >= 0 and < 1, "from 0 to below 1"),
            Value(parsed, _beta2, Defaults.Beta2, value => value is >= 0 and < 1, "from 0 to below 1"),
            Value(parsed, _epsilon, Defaults.Epsilon, value => value > 0, "above 0"),
            Value(parsed, _weightDecay, Defaults.WeightDecay, value => value >= 0, notNegative),
            clip == 0 ? double.PositiveInfinity : clip));
    }

    private static double Value(ParseResult parsed, Option<double?> option, double absent, Func<double, bool> isValid, string expected)
    {
        double value = parsed.GetValue(option) ?? absent;
        return double.IsFinite(value) && isValid(value) ? value : throw Wrong(option, $"is {Text(value)}, but must be {expected}");
    }

    // Before the work, so that a long trace is not lost at its end.
    private static void CheckOutput(string path, string batch, string folder, bool mayReplace)
    {
        string[] inputs = [batch, Path.Combine(folder, ModelFolder.WeightsFile), Path.Combine(folder, ModelFolder.ConfigFile)];
        if (inputs.Any(input => Path.GetFullPath(input) == Path.GetFullPath(path)))
        {
            throw new ConfigurationException($"--out {path} is one of the files that the trace reads.");
        }

        if (Directory.Exists(path))
        {
            throw new ConfigurationException($"--out {path} is a folder; a file's name is needed.");
        }

        if (File.Exists(path) && !mayReplace)
        {
            throw new IOException($"{path} is already there; --force replaces it.");
        }

        string parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(parent))
        {
            throw new IOException($"{path} cannot be written: there is no folder {parent}.");
        }
    }

    private static string Summary(Trace trace)
    {
        string loss = trace.Loss is { } value ? $"loss {Text(value)}, logits and gradients" : "logits (no targets, so no loss and gradients)";
        return trace.Losses.Count == 0 ? loss : $"{loss}; {trace.Losses.Count} steps, loss {Text(trace.Losses[0])} to {Text(trace.Losses[^1])}";
    }

    private static Option<double?> Number(string name, string description, double absent) =>
        new(name) { Description = $"{description} [default: {Text(absent)}].", HelpName = "number" };

    private static ConfigurationException Wrong(Option option, string problem) => new($"{option.Name} {problem}.");

    private static string Text(double value) => value.ToString("G7", CultureInfo.InvariantCulture);
}
