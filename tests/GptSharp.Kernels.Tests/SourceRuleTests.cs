using System.Text.RegularExpressions;

namespace GptSharp.Kernels.Tests;

/// <summary>What the sources of kernels may and may not say.</summary>
public sealed partial class SourceRuleTests
{
    private const string Prelude = "prelude.cuh";
    private static readonly string Folder = Path.Combine(Golden.Repository, "kernels");

    public static TheoryData<string> Sources => new(
        Directory.EnumerateFiles(Folder, "*.cu*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Sources))]
    public void Only_the_prelude_names_what_one_compiler_alone_has(string source)
    {
        string text = File.ReadAllText(Path.Combine(Folder, source));
        string[] found = [.. CompilersOwn().Matches(text).Select(match => match.Value).Distinct()];
        if (source == Prelude)
        {
            Assert.NotEmpty(found);
        }
        else
        {
            Assert.Empty(found);
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_source_opens_with_a_comment_that_says_what_it_is(string source) =>
        Assert.Matches("^// \\S.{20,}", File.ReadAllText(Path.Combine(Folder, source)));

    [GeneratedRegex(@"__nvvm_\w+|__builtin_\w+|__syncthreads|__shfl_\w+|__cvta_\w+|__NVCC__|ext_vector_type|address_space|\b(threadIdx|blockIdx|blockDim|gridDim)\b|\batomic[A-Z]\w*")]
    private static partial Regex CompilersOwn();
}
