using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>
/// The sample kernels, compiled by clang when a test first asks for them: each file once per run, several at a time.
/// </summary>
internal static class KernelSources
{
    public const string Compiler = "clang++-19";
    private static readonly ConcurrentDictionary<string, Lazy<string>> Compiled = new();
    private static readonly Lazy<bool> HasCompiler = new(() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, Compiler))));

    /// <summary>Folder of the sources, beside the tests.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Kernels", "Sources");

    /// <summary>The PTX of a file; the test is skipped where the compiler is missing.</summary>
    /// <param name="file">Name without extension, for example <c>edited/gemm4</c>.</param>
    public static string Ptx(string file)
    {
        Assert.SkipUnless(HasCompiler.Value, $"{Compiler} is not installed (Debian: apt-get install clang-19).");
        return Compiled.GetOrAdd(file, name => new Lazy<string>(() => Compile(name))).Value;
    }

    /// <summary>What a file's INST lines create: the kernel's name and the parameters of its template.</summary>
    public static IEnumerable<(string Kernel, string[] Parameters)> Instances(string file) => Regex
        .Matches(File.ReadAllText(Path.Combine(Folder, file + ".cu")), @"^INST\(([^)]*)\)", RegexOptions.Multiline)
        .Select(match => match.Groups[1].Value.Split(','))
        .Select(parts => (parts[0], parts[1..]));

    private static string Compile(string file)
    {
        string target = Path.Combine(Path.GetTempPath(), $"gptsharp-{Guid.NewGuid():N}.ptx");
        var start = new ProcessStartInfo(Compiler)
        {
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
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
        Assert.True(process.ExitCode == 0, $"{Compiler} refused {file}.cu:\n{errors}");
        string text = File.ReadAllText(target);
        File.Delete(target);
        return text;
    }
}
