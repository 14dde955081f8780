using System.CommandLine;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp bench</c>: how fast this machine trains and writes, as shares of what it can do at best, which is measured in the same run.</summary>
internal static class BenchCommand
{
    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "bench",
        "Measure training steps, generation, operations and matrix products beside what this machine's processor and memory allow.",
        "gptsharp bench step W2",
        "gptsharp bench generate --precision bf16",
        "gptsharp bench op",
        "gptsharp bench gemm 1024,1024,1024 --dtype bf16",
        "gptsharp bench step W2 --against 'python3 torch_w2.py'")
    {
        BenchStepCommand.Create(output),
        BenchGenerateCommand.Create(output),
        BenchOpCommand.Create(output),
        BenchGemmCommand.Create(output),
    };
}
