using System.CommandLine;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp kernels</c>: the CUDA kernels that this program ships, and the ladders that lead to them.</summary>
internal static class KernelsCommand
{
    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "kernels",
        "Look at the CUDA kernels in this program, climb the ladders that lead to them, and enter your own.",
        "gptsharp kernels list",
        "gptsharp kernels compare matmul",
        "gptsharp kernels run matmul --rung 3 --shape 512,512,512")
    {
        KernelsListCommand.Create(output),
        KernelsRunCommand.Create(output),
        KernelsCompareCommand.Create(output),
    };
}
