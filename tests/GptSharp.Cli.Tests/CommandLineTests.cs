using System.Globalization;
using GptSharp.Data;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Training;
using Xunit;

namespace GptSharp.Cli.Tests;

public sealed class CommandLineTests
{
    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(arguments, new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }

    [Theory]
    [InlineData(new[] { "infoo" }, "gptsharp: there is no command 'infoo'; did you mean 'info'? Try 'gptsharp --help'.\n")]
    [InlineData(new[] { "info", "--vocabluary", "5" }, "gptsharp info: there is no option '--vocabluary'; did you mean '--vocabulary'? Try 'gptsharp info --help'.\n")]
    [InlineData(new[] { "info", "gpt2", "more" }, "gptsharp info: there is no argument 'more'. Try 'gptsharp info --help'.\n")]
    [InlineData(new[] { "info", "--vocabulary", "many" }, "gptsharp info: --vocabulary is 'many', but must be a whole number. Try 'gptsharp info --help'.\n")]
    [InlineData(new[] { "info", "gtp2" }, "gptsharp: there is no model preset 'gtp2'; did you mean 'gpt2'?\n")]
    [InlineData(new[] { "info", "missing.yaml" }, "gptsharp: missing.yaml: there is no such file.\n")]
    public void A_wrong_command_line_gets_one_sentence_and_exit_code_2(string[] arguments, string sentence) =>
        Assert.Equal((2, "", sentence), Run(arguments));

    [Fact]
    public void No_command_at_all_gets_the_list_of_commands()
    {
        (int code, string output, string error) = Run();
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("gptsharp: a command is missing: train", error, StringComparison.Ordinal);
    }

    public static TheoryData<string> Commands => [.. new[] { "data", "data prepare", "data get", "sample", "info", "doctor", "trace", "kernels", "kernels list", "kernels run", "kernels compare", "ptx", "ptx lint", "ptx run" }];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_has_help_with_examples_that_begin_with_it(string command)
    {
        (int code, string output, string error) = Run([.. command.Split(' '), "--help"]);
        Assert.Equal((0, ""), (code, error));
        string examples = output[output.IndexOf("Examples:", StringComparison.Ordinal)..];
        Assert.All(examples.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1), line => Assert.StartsWith($"  gptsharp {command}", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Debug_adds_where_it_happened()
    {
        (int code, _, string error) = Run("info", "gtp2", "--debug");
        Assert.Equal(2, code);
        Assert.StartsWith("gptsharp: there is no model preset 'gtp2'; did you mean 'gpt2'?\n", error, StringComparison.Ordinal);
        Assert.Contains("   at GptSharp.Nn.GptPresets.Find", error, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, int, bool> Failures => new()
    {
        { new ConfigurationException("x"), 2, true },
        { new IOException("x"), 1, true },
        { new InvalidDataException("x"), 1, true },
        { new UnauthorizedAccessException("x"), 1, true },
        { new RefusedFileException("file", "x"), 1, true },
        { new CorpusException("x"), 1, true },
        { new TrainingException("x"), 1, true },
        { Assert.Throws<UnknownCharacterException>(() => CharTokenizer.Of("a").Encode("b")), 2, true },
        { new OperationCanceledException(), 130, true },
        { new AggregateException(new FileNotFoundException("x")), 1, true },
        { new InvalidOperationException("x"), 1, false },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Exceptions_map_to_exit_codes_in_one_place(Exception exception, int code, bool isExpected)
    {
        Failure failure = Failure.From(exception);
        Assert.Equal((code, isExpected), (failure.ExitCode, failure.IsExpected));
        Assert.NotEmpty(failure.Sentence);
    }
}
