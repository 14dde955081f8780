using System.CommandLine;
using GptSharp.Cli.Bench;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp bench op</c>: single operations.</summary>
internal static class BenchOpCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string[]> names = new("name")
        {
            Description = $"Which; all if none is given: {string.Join(", ", OpCases.All.Select(entry => entry.Name))}.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        BenchOptions options = new();
        CommandWithExamples command = new(
            "op",
            "Measure single operations of GPT-2 124M, in binary32, beside the processor's arithmetic or the memory's streams.",
            "gptsharp bench op",
            "gptsharp bench op attention 'attention backward'")
        {
            names,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] wanted = parsed.GetValue(names)!;
            options.Run(parsed, wanted.Length == 0 ? OpCases.All : [.. wanted.Select(Find)], output);
            return ExitCode.Done;
        });
        return command;
    }

    private static BenchCase Find(string name) => OpCases.All.FirstOrDefault(entry => entry.Name == name)
        ?? throw new ConfigurationException(
            $"there is no operation '{name}' to measure; there are {string.Join(", ", OpCases.All.Select(entry => entry.Name))}.", "name");
}
