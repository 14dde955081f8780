using GptSharp.Cli;

return CommandLine.Run(args, new CommandOutput(Console.Out, Console.Error));
