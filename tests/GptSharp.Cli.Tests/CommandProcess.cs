using System.Diagnostics;
using System.Globalization;

namespace GptSharp.Cli.Tests;

/// <summary>The command in a process of its own, as a user has it.</summary>
internal sealed class CommandProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly List<string> _lines = [];

    private CommandProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What it wrote to its standard output so far, as far as it was read.</summary>
    public string Output => string.Concat(_lines.Select(line => line + "\n"));

    public bool HasExited => _process.HasExited;

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    public static CommandProcess Start(params string[] arguments) => Start([], arguments);

    /// <summary>Starts it with some variables of its environment set.</summary>
    public static CommandProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "gptsharp.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // A runtime that is killed would leave the pipes and the socket behind at which debuggers find it.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new CommandProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static (int Code, string Out, string Error) Run(params string[] arguments) => Run([], arguments);

    /// <summary>Runs it to its end with some variables of its environment set.</summary>
    public static (int Code, string Out, string Error) Run(Dictionary<string, string> environment, params string[] arguments)
    {
        using CommandProcess process = Start(environment, arguments);
        return process.Finish();
    }

    /// <summary>Waits for a line.</summary>
    public void WaitFor(string beginning)
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            _lines.Add(line);
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The command ended without a line '{beginning}…': {Output}{_errors.Result}");
    }

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public (int Code, string Out, string Error) Finish()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            _lines.Add(line);
        }

        _process.WaitForExit();
        return (_process.ExitCode, Output, _errors.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
