using System.Globalization;
using System.Text.Json;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class PtxLintCommandTests : IDisposable
{
    private const string Head = ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 p)\n{\n.reg .b32 %r<4>; .reg .b64 %rd<4>;\n";
    private const string Good = Head + "ret;\n}\n";
    private const string Warned = Head + "ld.u32 %r1, [%rd1];\nret;\n}\n";
    private const string Refused = Head + "  add.s32 %r1,\n    %r2;\nld.u32 %r1, [%rd1];\nret;\n}\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-lint").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (int ExitCode, string Out, string Error) Lint(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int exitCode = CommandLine.Run(["ptx", "lint", .. arguments], new CommandOutput(output, error));
        return (exitCode, output.ToString(), error.ToString());
    }

    [Fact]
    public void A_good_file_is_accepted_in_one_line()
    {
        string file = Write("good.ptx", Good);
        Assert.Equal((0, $"{file}: accepted, no warnings\n", ""), Lint(file));
    }

    [Fact]
    public void A_finding_has_its_place_its_statement_and_its_reason()
    {
        string file = Write("bad.ptx", Refused);
        (int exitCode, string output, _) = Lint(file);
        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"""
            {file}:7:3: refused: add.s32 %r1, %r2;
                'add.s32' takes 3 operands, not 2.
            {file}:9:1: warning: ld.u32 %r1, [%rd1];
                This access is generic: the GPU finds out the kind of memory for each address; name .global or .shared where it is known.
            {file}: 1 statement refused, 1 warning

            """.ReplaceLineEndings("\n"),
            output);
    }

    [Fact]
    public void Warnings_fail_under_strict_only()
    {
        string file = Write("warned.ptx", Warned);
        Assert.Equal(0, Lint(file).ExitCode);
        Assert.Equal(1, Lint("--strict", file).ExitCode);
        Assert.Equal(0, Lint("--strict", Write("good.ptx", Good)).ExitCode);
    }

    [Fact]
    public void Json_is_one_array_with_an_object_per_file_in_the_order_given()
    {
        string[] files = [Write("b.ptx", Refused), Path.Combine(_folder, "missing.ptx"), Write("a.ptx", Good)];
        (int exitCode, string output, string error) = Lint(["--json", .. files]);
        Assert.Equal((1, ""), (exitCode, error));
        JsonElement[] reports = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Equal(files, reports.Select(report => report.GetProperty("file").GetString()));
        Assert.Equal([false, false, true], reports.Select(report => report.GetProperty("accepted").GetBoolean()));
        JsonElement refused = Assert.Single(reports[0].GetProperty("refused").EnumerateArray());
        Assert.Equal((7, 3), (refused.GetProperty("line").GetInt32(), refused.GetProperty("column").GetInt32()));
        Assert.Equal("add.s32 %r1, %r2;", refused.GetProperty("text").GetString());
        Assert.Equal("'add.s32' takes 3 operands, not 2.", refused.GetProperty("reason").GetString());
        Assert.Single(reports[0].GetProperty("warnings").EnumerateArray());
        Assert.Contains("missing.ptx", reports[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, reports[2].GetProperty("refused").GetArrayLength() + reports[2].GetProperty("warnings").GetArrayLength());
    }

    [Fact]
    public void Json_is_an_array_for_one_file_too()
    {
        (int exitCode, string output, _) = Lint("--json", Write("good.ptx", Good));
        Assert.Equal(0, exitCode);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetArrayLength());
    }

    [Fact]
    public void A_file_that_cannot_be_read_fails_and_the_others_are_linted()
    {
        (int exitCode, string output, string error) = Lint(Path.Combine(_folder, "missing.ptx"), Write("good.ptx", Good));
        Assert.Equal(1, exitCode);
        Assert.EndsWith("accepted, no warnings\n", output, StringComparison.Ordinal);
        Assert.Contains("missing.ptx", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_must_be_named() => Assert.Equal(2, Lint().ExitCode);
}
