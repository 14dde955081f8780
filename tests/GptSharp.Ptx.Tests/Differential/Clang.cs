using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace GptSharp.Ptx.Tests.Differential;

/// <summary>The compiler that turns one source into a shared library for this machine and into PTX.</summary>
internal static class Clang
{
    private static readonly string? Path = Find();

    /// <summary>Skips the test where the compiler or the instructions it is told to use are missing.</summary>
    public static void SkipIfMissing()
    {
        if (Path == null)
        {
            Assert.Skip("clang-19 is not on the PATH (Debian and Ubuntu: apt-get install clang-19).");
        }

        if (!OperatingSystem.IsLinux() || !Avx2.IsSupported || !Fma.IsSupported)
        {
            Assert.Skip("The reference is compiled for Linux on x86-64 with AVX2 and FMA.");
        }
    }

    /// <summary>Compiles a C++ source to a shared library.</summary>
    public static void CompileLibrary(string source, string library, string optimisation) =>
        Run($"-x c++ {Common} -march=x86-64-v3 {optimisation} -shared -fPIC {source} -o {library}");

    /// <summary>Compiles a C++ source to PTX and returns its text.</summary>
    public static string CompilePtx(string source, string optimisation)
    {
        string output = source + ".ptx";
        Run($"-x cuda --cuda-device-only --cuda-gpu-arch=sm_80 --cuda-feature=+ptx70 -nocudainc -nocudalib {Common} {optimisation} -S {source} -o {output}");
        return File.ReadAllText(output);
    }

    private static string Common => "-std=c++20 -fwrapv -fno-strict-aliasing -ffp-contract=off -fno-math-errno -fno-exceptions -Wno-everything";

    private static string? Find()
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = System.IO.Path.Combine(folder, "clang-19");
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private static void Run(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path!, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"clang-19 {arguments} failed:\n{errors}");
    }
}
