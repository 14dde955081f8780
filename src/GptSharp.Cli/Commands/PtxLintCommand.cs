using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Cli.Ptx;
using GptSharp.Ptx.Lint;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp ptx lint</c>: says what a driver would refuse, and what deserves a look.</summary>
internal static class PtxLintCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static Command Create(CommandOutput output)
    {
        Argument<string[]> files = new("file")
        {
            Description = "PTX files.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> json = new("--json") { Description = "Write one JSON array and nothing else: an object per file." };
        Option<bool> strict = new("--strict") { Description = "Fail for warnings too." };
        CommandWithExamples command = new(
            "lint",
            "List the statements that a driver would refuse, and warn of slow, dangerous and not emulated ones.",
            "gptsharp ptx lint kernel.ptx",
            "gptsharp ptx lint --strict kernels/ptx/*.ptx",
            "gptsharp ptx lint --json kernel.ptx")
        {
            files,
            json,
            strict,
        };
        command.SetAction(parsed =>
        {
            List<FileReport> reports = parsed.GetValue(files)!.Select(Lint).ToList();
            if (parsed.GetValue(json))
            {
                output.Out.WriteLine(JsonSerializer.Serialize(reports, Json));
            }
            else
            {
                reports.ForEach(report => Write(report, output));
            }

            bool failed = reports.Any(report => !report.Accepted || (parsed.GetValue(strict) && report.Warnings.Count > 0));
            return failed ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static FileReport Lint(string file)
    {
        try
        {
            // What a driver was given as a string may end with a zero character.
            LintReport report = Linter.Lint(PtxFile.Read(file));
            return new FileReport(file, report.Accepted, report.Refused, report.Warnings, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new FileReport(file, false, [], [], exception.Message);
        }
    }

    private static void Write(FileReport report, CommandOutput output)
    {
        if (report.Error is { } error)
        {
            output.Error.WriteLine($"gptsharp: {error}");
            return;
        }

        IEnumerable<(LintFinding Finding, string Kind)> findings = report.Refused.Select(finding => (finding, "refused"))
            .Concat(report.Warnings.Select(finding => (finding, "warning")))
            .OrderBy(item => (item.finding.Line, item.finding.Column));
        foreach ((LintFinding finding, string kind) in findings)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{report.File}:{finding.Line}:{finding.Column}");
            output.Out.WriteLine($"{place}: {kind}: {finding.Text}");
            output.Out.WriteLine($"    {finding.Reason}");
        }

        string refused = report.Accepted ? "accepted" : $"{Plural(report.Refused.Count, "statement")} refused";
        string warnings = report.Warnings.Count == 0 ? "no warnings" : Plural(report.Warnings.Count, "warning");
        output.Out.WriteLine($"{report.File}: {refused}, {warnings}");
    }

    private static string Plural(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");

    private sealed record FileReport(
        string File, bool Accepted, IReadOnlyList<LintFinding> Refused, IReadOnlyList<LintFinding> Warnings, string? Error);
}
