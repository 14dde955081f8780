using System.ComponentModel;
using System.Diagnostics;

namespace GptSharp.Kernels.Tests.Nvcc;

/// <summary>
/// NVIDIA's compiler takes the sources too. It need not be here: clang reads them as nvcc would, with the prelude's half for nvcc and with
/// declarations of our own in place of the toolkit's, whose vectors are plain structures. What this cannot show is what nvcc makes of them.
/// </summary>
public sealed class NvccSyntaxTests
{
    private const string Compiler = "clang++-19";
    private static readonly string Folder = Path.Combine(Golden.Repository, "kernels");

    public static TheoryData<string> Sources => new(
        Directory.EnumerateFiles(Folder, "*.cu", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_source_is_CUDA_without_any_extension_of_clangs(string source) => Assert.Equal("", Errors(Path.Combine(Folder, source)));

    [Theory]
    [InlineData("float4 v = load4(p); v[0] = 1; store4(p, v);", "does not provide a subscript operator")]
    [InlineData("float4 v = load4(p); store4(p, v / v);", "invalid operands to binary expression")]
    [InlineData("p[0] = __nvvm_rsqrt_approx_f(p[0]);", null)]
    [InlineData("float4 v = load4(p); LANE(v, 0) = 1; store4(p, v + v);", null)]
    public void An_extension_is_noticed_unless_it_is_a_builtin(string statements, string? error)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "probe.cu");
        File.WriteAllText(path, $"#include \"prelude.cuh\"\nKERNEL void probe(float *p) {{ {statements} }}\n");

        string errors = Errors(path);

        // SourceRuleTests look for builtins.
        if (error is null)
        {
            Assert.Equal("", errors);
        }
        else
        {
            Assert.Contains(error, errors, StringComparison.Ordinal);
        }
    }

    private static string Errors(string source)
    {
        var start = new ProcessStartInfo(Compiler)
        {
            WorkingDirectory = Folder,
            RedirectStandardError = true,
            ArgumentList =
            {
                "-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "-std=c++20", "-fsyntax-only", "--cuda-gpu-arch=sm_80", "--cuda-feature=+ptx70",
                "-D__NVCC__", "-include", Path.Combine(Golden.Repository, "tests", "GptSharp.Kernels.Tests", "Nvcc", "cuda_declarations.h"),
                "-I", ".", source,
            },
        };
        try
        {
            using Process compiler = Process.Start(start)!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.Equal(compiler.ExitCode == 0, errors.Length == 0);
            return errors;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{Compiler} is not installed; it stands in for nvcc here.");
            throw;
        }
    }
}
