using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Cli.Ptx;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp ptx run</c>: runs a kernel, checks it, and says what it did.</summary>
internal static class PtxRunCommand
{
    private static readonly Dictionary<string, Checks> CheckNames = new(StringComparer.Ordinal)
    {
        ["all"] = Checks.All,
        ["none"] = Checks.None,
        ["bounds"] = Checks.None,
        ["init"] = Checks.Initialised,
        ["race"] = Checks.Races,
        ["async"] = Checks.AsyncCopies,
        ["readonly"] = Checks.ReadOnly,
        ["sync"] = Checks.Synchronisation,
        ["division"] = Checks.Division,
    };

    public static Command Create(CommandOutput output)
    {
        Argument<string> file = new("file") { Description = "A PTX file." };
        Argument<string> kernel = new("kernel") { Description = "The kernel's name." };
        Option<string> grid = new("--grid") { Description = "Blocks of the grid: x, x,y or x,y,z.", HelpName = "x,y,z", DefaultValueFactory = _ => "1" };
        Option<string> block = new("--block") { Description = "Threads of a block.", HelpName = "x,y,z", DefaultValueFactory = _ => "32" };
        Option<int> shared = new("--shared") { Description = "Bytes of dynamic shared memory per block.", HelpName = "bytes" };
        Option<string[]> argument = new("--arg")
        {
            Description = "An argument, once for each parameter, in order: in:@FILE:tensor, inout:@FILE:tensor, out:f32[4,32], i32:1024, f32:0.5, u64:0x10.",
            HelpName = "argument",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> save = new("--out") { Description = "Write every out and inout buffer to this safetensors file, as arg0, arg1, … by position.", HelpName = "file" };
        Option<bool> json = new("--json") { Description = "Write one JSON object and nothing else." };
        Option<string> check = new("--check")
        {
            Description = "What to look for: all, none, or some of init, race, async, readonly, sync, division. Bounds and alignment are always checked.",
            HelpName = "names",
            DefaultValueFactory = _ => "all",
        };
        Option<int> findings = new("--findings") { Description = "Go on after a mistake and list up to so many.", HelpName = "number", DefaultValueFactory = _ => 1 };
        Option<string?> gpu = new("--gpu") { Description = "Say what would bound the kernel on a GPU, by a model: A100, H100 or RTX4090.", HelpName = "name" };
        Option<bool> annotate = new("--annotate") { Description = "Print the PTX with what each line did." };
        Option<string> mma = new("--mma") { Description = "How sums of matrix products round: fast, ampere or hopper.", HelpName = "model", DefaultValueFactory = _ => "fast" };
        Option<bool> perturb = new("--perturb") { Description = "Move approximate functions by their error bounds." };
        Option<int?> shuffle = new("--shuffle") { Description = "Run blocks and warps in a random order.", HelpName = "seed" };
        CommandWithExamples command = new(
            "run",
            "Run a kernel on this machine's processor, look for mistakes, and count what it does.",
            "gptsharp ptx run scale.ptx scale --grid 4 --block 256 --arg out:f32[1000] --arg in:@data.safetensors:x --arg f32:0.5 --arg i32:1000",
            "gptsharp ptx run scale.ptx scale --grid 4 --block 256 --arg inout:@data.safetensors:x --arg f32:0.5 --arg i32:1000 --out result.safetensors",
            "gptsharp ptx run gemm.ptx gemm --grid 16 --block 256 --shared 98304 --arg … --gpu A100 --annotate")
        {
            file, kernel, grid, block, shared, argument, save, json, check, findings, gpu, annotate, mma, perturb, shuffle,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            var options = new LaunchOptions
            {
                SharedBytes = NotNegative("--shared", parsed.GetValue(shared)),
                Checks = ParseChecks(parsed.GetValue(check)!),
                FindingLimit = Positive("--findings", parsed.GetValue(findings)),
                Counters = true,
                Perturb = parsed.GetValue(perturb),
                Mma = ParseModel(parsed.GetValue(mma)!),
                ShuffleSeed = parsed.GetValue(shuffle),
            };
            var request = new Request(
                path,
                parsed.GetValue(kernel)!,
                ParseDimensions("--grid", parsed.GetValue(grid)!),
                ParseDimensions("--block", parsed.GetValue(block)!),
                parsed.GetValue(argument) ?? [],
                options);
            GpuModel? model = parsed.GetValue(gpu) is { } name ? ParseGpu(name) : null;
            return Run(request, parsed.GetValue(save), new(parsed.GetValue(json), parsed.GetValue(annotate), model), output);
        });
        return command;
    }

    private static int Run(Request request, string? save, KernelReportOptions reporting, CommandOutput output)
    {
        string text = PtxFile.Read(request.Path);
        PtxModule module;
        try
        {
            module = PtxModule.Parse(text);
        }
        catch (PtxException refusal)
        {
            throw new InvalidDataException($"{request.Path}: {Format.Printable(refusal.Message)}", refusal);
        }

        using var memory = new DeviceMemory();
        KernelArguments arguments = KernelArguments.Parse(request.Arguments, memory);
        if (save is not null && arguments.Files.Contains(Path.GetFullPath(save)))
        {
            throw new ConfigurationException($"'{save}' is read by an argument; the result needs a file of its own.", source: "--out");
        }

        LaunchReport report;
        try
        {
            report = module.Launch(request.Kernel, request.Grid, request.Block, arguments.Values, memory, request.Options);
        }
        catch (PtxException refusal)
        {
            throw new ConfigurationException(refusal.Message, source: request.Path);
        }
        catch (KernelFaultException fault)
        {
            report = new LaunchReport(request.Kernel, [fault.Finding], null, 0, TimeSpan.Zero);
        }

        if (save is not null && report.Findings.Count == 0)
        {
            Save(save, arguments.Outputs);
        }

        KernelReport.Write(report, request, arguments.Outputs, text, reporting, output);
        return report.Findings.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Save(string path, IReadOnlyList<KernelOutput> outputs)
    {
        var writer = new SafetensorsWriter();
        foreach (KernelOutput output in outputs)
        {
            writer.Add(output.Name, output.Type, output.Shape, stream => stream.Write(output.Buffer.Bytes));
        }

        writer.Save(path);
    }

    private static Dimensions ParseDimensions(string option, string text)
    {
        string[] parts = text.Split(',');
        int[] extents = [1, 1, 1];
        bool isRight = parts.Length <= extents.Length;
        for (int i = 0; i < parts.Length && isRight; i++)
        {
            isRight = int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out extents[i]) && extents[i] > 0;
        }

        return isRight ? new(extents[0], extents[1], extents[2])
            : throw new ConfigurationException($"'{text}' is no extent: expected one to three positive numbers, for example 4 or 16,2.", source: option);
    }

    private static Checks ParseChecks(string text)
    {
        var checks = Checks.None;
        foreach (string name in text.Split(','))
        {
            checks |= CheckNames.TryGetValue(name, out Checks check) ? check
                : throw new ConfigurationException($"there is no check '{name}'; there are {string.Join(", ", CheckNames.Keys)}.", source: "--check");
        }

        return checks;
    }

    private static MmaModel ParseModel(string text) => text switch
    {
        "fast" => MmaModel.Fast,
        "ampere" => MmaModel.Ampere,
        "hopper" => MmaModel.Hopper,
        _ => throw new ConfigurationException($"there is no model '{text}'; there are fast, ampere and hopper.", source: "--mma"),
    };

    private static GpuModel ParseGpu(string name) => GpuModel.Find(name)
        ?? throw new ConfigurationException($"there is no model of '{name}'; there are {string.Join(", ", GpuModel.All.Select(known => known.Name))}.", source: "--gpu");

    private static int NotNegative(string option, int value) =>
        value >= 0 ? value : throw new ConfigurationException($"it is {value}, but must be 0 or more.", source: option);

    private static int Positive(string option, int value) =>
        value > 0 ? value : throw new ConfigurationException($"it is {value}, but must be 1 or more.", source: option);

    /// <summary>What the command line asks for.</summary>
    /// <param name="Path">The PTX file.</param>
    /// <param name="Kernel">The kernel's name.</param>
    /// <param name="Grid">The grid.</param>
    /// <param name="Block">The block.</param>
    /// <param name="Arguments">The arguments as text.</param>
    /// <param name="Options">How to launch.</param>
    internal sealed record Request(
        string Path, string Kernel, Dimensions Grid, Dimensions Block, IReadOnlyList<string> Arguments, LaunchOptions Options);
}
