using System.CommandLine;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Cli.Kernels.Runs;
using GptSharp.Cuda;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp kernels compare</c>: the rungs of a ladder side by side.</summary>
internal static class KernelsCompareCommand
{
    public static Command Create(CommandOutput output)
    {
        KernelsOptions options = new();
        CommandWithExamples command = new(
            "compare",
            "Run all kernels of a ladder on an emulated GPU and compare what they do; on a GPU, also how long they take.",
            "gptsharp kernels compare matmul",
            "gptsharp kernels compare attention --shape 1,256,4,64",
            "gptsharp kernels compare matmul --add my.cu --add other.ptx",
            "gptsharp kernels compare layer_norm --json")
        {
            options.Family, options.Shape, options.Add, options.Launch, options.Device, options.Json,
        };
        command.SetAction(parsed =>
        {
            KernelsOptions.Request request = options.Read(parsed);
            using ICudaDriver? gpu = request.OpenGpu();
            var run = new RungRun(request.Family, request.Shape, gpu);
            RungResult[] results = [.. Rung.Ladder(request.Family).Concat(request.Added).Select(run.Run)];
            if (request.IsJson)
            {
                RungJson.Write(request.Family, run.Shape, results, output.Out);
            }
            else
            {
                RungTables.WriteProblem(request.Family, request.Shape, results, output.Out);
                RungTables.WriteComparison(results, output.Out);
            }

            return results.All(result => result.Wrong is null) ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}
