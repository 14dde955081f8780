using System.CommandLine;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp ptx</c>: CUDA kernels, as PTX, on a machine without a GPU.</summary>
internal static class PtxCommand
{
    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "ptx",
        "Run, check and measure CUDA kernels that were compiled to PTX, on any machine, without a GPU.",
        "gptsharp ptx run scale.ptx scale --grid 4 --block 256 --arg out:f32[1000] --arg in:@data.safetensors:x --arg f32:0.5 --arg i32:1000",
        "gptsharp ptx lint kernel.ptx",
        "gptsharp ptx lint --strict kernels/ptx/*.ptx",
        "gptsharp ptx lint --json kernel.ptx")
    {
        PtxRunCommand.Create(output),
        PtxLintCommand.Create(output),
    };
}
