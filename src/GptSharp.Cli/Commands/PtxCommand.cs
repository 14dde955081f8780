using System.CommandLine;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp ptx</c>: CUDA kernels, as PTX, on a machine without a GPU.</summary>
internal static class PtxCommand
{
    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "ptx",
        "Check CUDA kernels that were compiled to PTX, on any machine, without a GPU.",
        "gptsharp ptx lint kernel.ptx",
        "gptsharp ptx lint --strict kernels/ptx/*.ptx",
        "gptsharp ptx lint --json kernel.ptx")
    {
        PtxLintCommand.Create(output),
    };
}
