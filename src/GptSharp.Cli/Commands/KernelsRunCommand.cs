using System.CommandLine;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Cli.Kernels.Runs;
using GptSharp.Cuda;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp kernels run</c>: one rung, with everything that is counted of it.</summary>
internal static class KernelsRunCommand
{
    public static Command Create(CommandOutput output)
    {
        KernelsOptions options = new();
        Option<string?> rung = new("--rung") { Description = "Its number or name; the last one, or the kernel that --add gives, if left out.", HelpName = "rung" };
        CommandWithExamples command = new(
            "run",
            "Run one kernel of a ladder on an emulated GPU: is it correct, and what does it do?",
            "gptsharp kernels run matmul --rung 3 --shape 512,512,512",
            "gptsharp kernels run layer_norm --rung 1 --json",
            "gptsharp kernels run matmul --add my.cu")
        {
            options.Family, rung, options.Shape, options.Add, options.Launch, options.Device, options.Json,
        };
        command.SetAction(parsed =>
        {
            KernelsOptions.Request request = options.Read(parsed);
            Rung chosen = Choose(request.Family, request.Added, parsed.GetValue(rung));
            using ICudaDriver? gpu = request.OpenGpu();
            var run = new RungRun(request.Family, request.Shape, gpu);
            RungResult result = run.RunOnly(chosen);
            if (request.IsJson)
            {
                RungJson.Write(request.Family, run.Shape, [result], output.Out);
            }
            else
            {
                RungTables.WriteProblem(request.Family, request.Shape, [result], output.Out);
                RungTables.WriteOne(result, output.Out);
            }

            return result.IsCorrect ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static Rung Choose(KernelFamily family, IReadOnlyList<Rung> added, string? word)
    {
        if (word is null && added.Count > 0)
        {
            return added[^1];
        }

        IReadOnlyList<Rung> rungs = Rung.Ladder(family);
        return word is not null ? Rung.Find(family, rungs, word)
            : rungs.Count > 0 ? rungs[^1]
            : throw new ConfigurationException($"the ladder {family.Name} has no rung; give a kernel of your own with --add.");
    }
}
