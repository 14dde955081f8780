using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>npm's tiktoken (WASM) in a process of its own, which encodes a text once each time it is asked.</summary>
internal sealed class NpmTiktoken : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it; both node and the packages of tests/interop must be there.</summary>
    public NpmTiktoken(string encoding, string file) => _process = Process.Start(
        new ProcessStartInfo("node", [Path.Combine(Folder, "tokenize-speed.mjs"), encoding, Path.GetFullPath(file)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    /// <summary>The folder tests/interop.</summary>
    public static string Folder { get; } = Find();

    /// <summary>Encodes the text.</summary>
    public (double Seconds, int Ids) Run()
    {
        _process.StandardInput.WriteLine();
        _process.StandardInput.Flush();
        string[] words = _process.StandardOutput.ReadLine()?.Split(' ')
            ?? throw new InvalidOperationException($"tokenize-speed.mjs ended: run 'npm install --ignore-scripts' in {Folder}.");
        return (double.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Find([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "tests", "interop"));
}
