using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using GptSharp.Cli.Commands;
using GptSharp.Nn;

namespace GptSharp.Cli;

/// <summary>The <c>gptsharp</c> command: its tree of commands, its help and its errors.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <param name="output">Where to write.</param>
    /// <returns>The exit code; see <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, CommandOutput output)
    {
        Option<bool> debug = new("--debug") { Description = "On failure, print where in the program it happened.", Recursive = true };
        RootCommand root = new("Train GPTs from scratch, look inside them, and let them write.")
        {
            TrainCommand.Create(output),
            SweepCommand.Create(output),
            RunsCommand.Create(output),
            CheckpointCommand.Create(output),
            SampleCommand.Create(output),
            EvalCommand.Create(output),
            InfoCommand.Create(output),
            TraceCommand.Create(output),
            InspectCommand.Create(output),
            ExportCommand.Create(output),
            ImportCommand.Create(output),
            DataCommand.Create(output),
            TokenizerCommand.Create(output),
            KernelsCommand.Create(output),
            PtxCommand.Create(output),
            BenchCommand.Create(output),
            DoctorCommand.Create(output),
            debug,
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction or null || (parsed.Action is not HelpWithExamples && UnknownOption(parsed) is not null))
        {
            return WrongCommandLine(parsed, output);
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = output.Out,
                Error = output.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception exception)
        {
            return Report(exception, parsed.GetValue(debug), output);
        }
    }

    private static int WrongCommandLine(ParseResult parsed, CommandOutput output)
    {
        string command = FullName(parsed.CommandResult.Command);
        output.Error.WriteLine($"{command}: {Problem(parsed)} Try '{command} --help'.");
        return ExitCode.WrongInput;
    }

    // Unknown words get a suggestion, and types are named as people name them; the parser's own sentences serve for the rest.
    private static string Problem(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (UnknownOption(parsed) is { } option)
        {
            return Unknown("option", option, command.Options.Select(known => known.Name));
        }

        if (parsed.UnmatchedTokens is [string word, ..])
        {
            return Unknown(command.Subcommands.Count > 0 ? "command" : "argument", word, command.Subcommands.Select(known => known.Name));
        }

        if (command.Subcommands.Count > 0)
        {
            return $"a command is missing: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}.";
        }

        ParseError error = parsed.Errors[0];
        return error.SymbolResult is OptionResult { Tokens: [Token value, ..] } illTyped && TypeName(illTyped.Option.ValueType) is { } expected
            ? $"{illTyped.Option.Name} is '{value.Value}', but must be {expected}."
            : error.Message;
    }

    // The parser takes an option that it does not know for an argument, which would be reported as a strange file name.
    private static string? UnknownOption(ParseResult parsed) => parsed.CommandResult.Children
        .OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens)
        .Select(token => token.Value)
        .Concat(parsed.UnmatchedTokens)
        .FirstOrDefault(word => word is ['-', _, ..]);

    private static string Unknown(string kind, string word, IEnumerable<string> known) =>
        $"there is no {kind} '{word}'{(NearestName.Find(word, known) is { } nearest ? $"; did you mean '{nearest}'?" : ".")}";

    private static string? TypeName(Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(int) || plain == typeof(long) || plain == typeof(ulong) ? "a whole number"
            : plain == typeof(double) || plain == typeof(float) ? "a number"
            : null;
    }

    private static int Report(Exception exception, bool debug, CommandOutput output)
    {
        Failure failure = Failure.From(exception);
        bool trace = debug || Environment.GetEnvironmentVariable("GPTSHARP_DEBUG") is { Length: > 0 };
        string advice = failure.IsExpected || trace ? "" : " This is a bug in GptSharp; --debug shows where it happened.";
        output.Error.WriteLine($"gptsharp: {failure.Sentence}{advice}");
        if (trace)
        {
            output.Error.WriteLine(exception);
        }

        return failure.ExitCode;
    }

    private static string FullName(Symbol command)
    {
        string parents = string.Join(' ', command.Parents.Select(FullName));
        return parents.Length == 0 ? "gptsharp" : $"{parents} {command.Name}";
    }

    /// <summary>The usual help, and below it the command's examples.</summary>
    private sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int result = usual.Invoke(parseResult);
            if (parseResult.CommandResult.Command is CommandWithExamples { Examples: { Count: > 0 } examples })
            {
                TextWriter writer = parseResult.InvocationConfiguration.Output;
                writer.WriteLine("Examples:");
                foreach (string example in examples)
                {
                    writer.WriteLine($"  {example}");
                }

                writer.WriteLine();
            }

            return result;
        }
    }
}
