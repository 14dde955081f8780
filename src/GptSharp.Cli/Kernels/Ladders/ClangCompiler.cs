using System.ComponentModel;
using System.Diagnostics;
using GptSharp.Cli.Display;

namespace GptSharp.Cli.Kernels.Ladders;

/// <summary>Compiles a user's CUDA source to PTX as <c>kernels/build.sh</c> compiles ours. No CUDA toolkit is needed.</summary>
internal static class ClangCompiler
{
    /// <summary>The compiler's name, looked for on the PATH.</summary>
    public const string Compiler = "clang++-19";

    private static readonly string[] Flags =
    [
        "-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "-std=c++20", "-O3", "-ffp-contract=on", "-fno-math-errno",
        "-fno-exceptions", "--cuda-gpu-arch=sm_80", "--cuda-feature=+ptx70", "-S",
    ];

    /// <summary>Compiles a file.</summary>
    /// <exception cref="IOException">There is no compiler.</exception>
    /// <exception cref="InvalidDataException">It refuses the source; the message has its first complaint.</exception>
    public static string Compile(string file, string source)
    {
        string folder = Directory.CreateTempSubdirectory("gptsharp-kernel-").FullName;
        try
        {
            KernelFiles.WriteHeaders(folder);
            string target = Path.Combine(folder, "kernel.ptx");
            string[] own = source.Split('\n').Take(12)
                .FirstOrDefault(line => line.StartsWith("// flags: ", StringComparison.Ordinal))?["// flags: ".Length..]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
            Run(file, [.. Flags, .. own, "-I", folder, "-I", Path.GetDirectoryName(Path.GetFullPath(file))!, file, "-o", target]);
            return File.ReadAllText(target);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string file, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Compiler, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            output.Wait();
            if (process.ExitCode != 0)
            {
                string complaint = errors.Split('\n').FirstOrDefault(line => line.Contains("error:", StringComparison.Ordinal)) ?? errors.Trim();
                throw new InvalidDataException($"{Compiler} refuses {file}: {Format.Printable(complaint.Trim())}");
            }
        }
        catch (Win32Exception missing)
        {
            throw new IOException(
                $"{file} needs {Compiler}, which is not on the PATH: install it (Debian and Ubuntu: apt-get install clang-19), or add the kernel as .ptx.",
                missing);
        }
    }
}
