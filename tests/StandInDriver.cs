using System.ComponentModel;
using System.Diagnostics;

namespace GptSharp;

/// <summary>
/// A library that exports the names of NVIDIA's driver and answers as a script says, compiled from <c>libcuda.c</c>, so that the binding
/// is tested without a GPU. Skips the test where there is no C compiler.
/// </summary>
internal sealed class StandInDriver : IDisposable
{
    private static readonly string[] Compilers = ["clang-19", "cc", "gcc", "clang"];
    private readonly TemporaryFolder _folder = new();

    /// <summary>Compiles one.</summary>
    /// <param name="script">Macros of <c>libcuda.c</c>, for example <c>VERSION=11000</c>.</param>
    public StandInDriver(params string[] script)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("the stand-in for the driver is built for Linux only.");
        }

        Path = _folder.At("libcuda.so.1");
        string source = System.IO.Path.Combine(Golden.Repository, "tests", "GptSharp.Cuda.Tests", "Nvidia", "libcuda.c");
        string[] arguments = ["-shared", "-fPIC", "-fvisibility=hidden", "-O1", "-Werror=implicit", .. script.Select(macro => "-D" + macro), source, "-o", Path];
        if (!Compilers.Any(compiler => Compile(compiler, arguments)))
        {
            Assert.Skip($"no C compiler is installed ({string.Join(", ", Compilers)}).");
        }
    }

    /// <summary>The library.</summary>
    public string Path { get; }

    public void Dispose() => _folder.Dispose();

    private static bool Compile(string compiler, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(compiler, arguments) { RedirectStandardError = true })!;
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, said);
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
