using System.Diagnostics;
using System.Runtime.CompilerServices;
using GptSharp.Ptx;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>The sample kernels of the emulator's tests, compiled by clang.</summary>
internal static class ClangPtx
{
    private const string Compiler = "clang++-19";

    /// <summary>Compiles a file.</summary>
    /// <param name="file">Name without extension, for example <c>edited/gemm4</c>.</param>
    public static PtxModule Compile(string file)
    {
        string target = Path.Combine(Path.GetTempPath(), $"gptsharp-{Guid.NewGuid():N}.ptx");
        var start = new ProcessStartInfo(Compiler) { WorkingDirectory = Sources(), RedirectStandardError = true };
        string[] arguments =
        [
            "-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_80", "--cuda-feature=+ptx70", "-nocudainc", "-nocudalib",
            "-std=c++20", "-O3", "-ffp-contract=on", "-fno-math-errno", "-fno-exceptions", "-S", file + ".cu", "-o", target,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Compiler} refused {file}.cu:\n{errors}");
        }

        string text = File.ReadAllText(target);
        File.Delete(target);
        return PtxModule.Parse(text);
    }

    // Of the checkout that was compiled.
    private static string Sources([CallerFilePath] string here = "") => Path.GetFullPath(
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "tests", "GptSharp.Ptx.Tests", "Kernels", "Sources"));
}
