using GptSharp.Cli;
using Spectre.Console;

bool isTerminal = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
return CommandLine.Run(args, new CommandOutput(Console.Out, Console.Error, isTerminal));
