using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>Every embedded kernel file is what its source compiles to. No compiler is needed: the stamp says what it was made from.</summary>
public sealed class KernelStampTests
{
    private static readonly string Folder = Path.Combine(Golden.Repository, "kernels");

    public static TheoryData<int> Capabilities => [.. KernelImages.Capabilities];

    [Theory]
    [MemberData(nameof(Capabilities))]
    public void Every_image_was_compiled_from_the_source_that_is_there(int capability) => Assert.Empty(
        from name in KernelImages.Names(capability)
        let problem = File.Exists(Path.Combine(Folder, name + ".cu"))
            ? KernelStamp.Mismatch(Folder, name, $"sm_{capability}", KernelImages.ReadText(name, capability))
            : $"{name}.ptx for sm_{capability} has no source {name}.cu; delete it."
        where problem is not null
        select problem);

    [Fact]
    public void Every_source_has_an_image()
    {
        IEnumerable<string> sources =
            from path in Directory.EnumerateFiles(Folder, "*.cu", SearchOption.AllDirectories)
            select Path.ChangeExtension(Path.GetRelativePath(Folder, path), null).Replace('\\', '/');

        Assert.Empty(
            from name in sources.Except(KernelImages.Names(80))
            select $"kernels/ptx/sm_80/{name}.ptx is missing; run kernels/build.sh {name}.");
    }

    [Fact]
    public void All_images_come_from_one_compiler() => Assert.Single(
        from capability in KernelImages.Capabilities
        from name in KernelImages.Names(capability)
        group name by KernelStamp.Read(KernelImages.ReadText(name, capability))?.Compiler);

    [Theory]
    [InlineData("kernel.cu")]
    [InlineData("shared.cuh")]
    [InlineData("build.sh")]
    public void A_change_of_source_header_or_flags_is_noticed(string changed)
    {
        using var folder = new TemporaryFolder();
        folder.Put("build.sh", "flags=(-O3)\n    compile \"$name\" sm_80 ptx70\n");
        folder.Put("kernel.cu", "#include \"shared.cuh\"\nKERNEL void nothing() {}\n");
        folder.Put("shared.cuh", "#define KERNEL\n");
        string ptx = $"// gptsharp source {KernelStamp.HashOf(folder.Path, "kernel", "sm_80")} compiler clang\n.version 7.0\n";
        Assert.Null(KernelStamp.Mismatch(folder.Path, "kernel", "sm_80", ptx));

        string path = Path.Combine(folder.Path, changed);
        File.WriteAllText(path, File.ReadAllText(path).Replace("-O3", "-O2", StringComparison.Ordinal) + " ");

        Assert.Equal(
            "kernel.ptx for sm_80 was compiled from another kernel.cu, or other headers or flags, than are there now; run kernels/build.sh kernel.",
            KernelStamp.Mismatch(folder.Path, "kernel", "sm_80", ptx));
    }

    [Fact]
    public void A_file_without_a_stamp_is_refused() => Assert.Equal(
        "add.ptx for sm_80 has no stamp of the source it was compiled from; run kernels/build.sh add.",
        KernelStamp.Mismatch(Folder, "add", "sm_80", ".version 7.0\n"));
}
