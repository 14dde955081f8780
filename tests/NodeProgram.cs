using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace GptSharp;

/// <summary>
/// A JavaScript program in <c>tests/interop</c>, which drives a client that nobody here wrote (llama.cpp, onnxruntime, transformers.js,
/// tiktoken). Their packages come from <c>npm install --ignore-scripts</c> in that folder; without them the test is skipped.
/// </summary>
internal static class NodeProgram
{
    private static string Folder => Path.Combine(Golden.Repository, "tests", "interop");

    /// <summary>The folder of an installed package, for the files that it brings; skips the test where it is not installed.</summary>
    public static string PackageOrSkip(string name)
    {
        string folder = Path.Combine(Folder, "node_modules", name);
        if (!Directory.Exists(folder))
        {
            Assert.Skip($"the npm package {name} is not installed: run 'npm install --ignore-scripts' in tests/interop");
        }

        return folder;
    }

    /// <summary>Runs a program to its end and gives what it wrote to its standard output; skips the test where its package or node is missing.</summary>
    /// <param name="script">Name of the program in <c>tests/interop</c>.</param>
    /// <param name="package">The npm package that it needs.</param>
    /// <param name="input">What it reads from its standard input.</param>
    /// <param name="arguments">Its arguments.</param>
    public static string RunOrSkip(string script, string package, string input, params IEnumerable<string> arguments)
    {
        PackageOrSkip(package);
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, script), .. arguments])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process process = StartOrSkip(start);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}: {error.Result}");
        return output.Result;
    }

    private static Process StartOrSkip(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"node is not installed: {exception.Message}");
            throw;
        }
    }
}
