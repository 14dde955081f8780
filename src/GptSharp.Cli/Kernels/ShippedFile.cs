using System.Text.RegularExpressions;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Ptx;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Cli.Kernels;

/// <summary>A kernel in this program.</summary>
/// <param name="Name">Its name; of a rung, with its ladder.</param>
/// <param name="Threads">Threads of a block; 0 if the source does not bound them.</param>
/// <param name="SharedBytes">Shared memory that it declares, and for a rung what a launch of its default shape adds.</param>
/// <param name="Registers">Most that are alive at once.</param>
internal sealed record ShippedKernel(string Name, long Threads, long SharedBytes, int Registers);

/// <summary>The kernels of one source file.</summary>
/// <param name="File">The source, below <c>kernels/</c>.</param>
/// <param name="Idea">Its first sentence.</param>
/// <param name="Kernels">What it has.</param>
internal sealed partial record ShippedFile(string File, string Idea, IReadOnlyList<ShippedKernel> Kernels)
{
    /// <summary>All files, those of the ladders last.</summary>
    public static IReadOnlyList<ShippedFile> All()
    {
        string[] paths = [.. KernelFiles.Paths.Where(path => path.EndsWith(".cu", StringComparison.Ordinal)).OrderBy(IsRung)];
        return [.. paths.AsParallel().AsOrdered().Select(Read)];
    }

    private static bool IsRung(string path) => path.StartsWith("ladder/", StringComparison.Ordinal);

    private static ShippedFile Read(string path)
    {
        string source = KernelFiles.Read(path);
        PtxModule module = PtxModule.Parse(KernelImages.ReadText(path[..^".cu".Length]));
        RungHeader? header = IsRung(path) ? RungHeader.Parse(path, source) : null;
        long dynamic = header is null ? 0 : DynamicShared(path, header);
        using var memory = new DeviceMemory();
        var options = new LaunchOptions();
        return new(path, header?.Idea ?? IdeaOf(source), [.. module.Kernels.Values.Select(kernel =>
        {
            KernelResources resources = module.Resources(kernel, memory, options);
            long threads = kernel.Syntax.Directives.FirstOrDefault(directive => directive.Name is "maxntid" or "reqntid")?
                .Values.Aggregate(1L, (product, value) => product * value) ?? 0;
            return new ShippedKernel(kernel.Name, threads, resources.StaticSharedBytes + dynamic, resources.MaxLiveRegisters);
        })]);
    }

    // The first comment up to the end of its first sentence, which may go on over several lines.
    private static string IdeaOf(string source)
    {
        string comment = string.Join(' ', source.Split('\n')
            .SkipWhile(line => line.StartsWith("// flags:", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith("// ", StringComparison.Ordinal))
            .Select(line => line[3..].Trim()));
        return SentenceEnd().Match(comment) is { Success: true, Index: int end } ? comment[..(end + 1)] : comment;
    }

    [GeneratedRegex(@"[.:] (?=[A-Z])")]
    private static partial Regex SentenceEnd();

    private static long DynamicShared(string path, RungHeader header)
    {
        KernelFamily family = KernelFamily.Find(path.Split('/')[1]);
        return header.LaunchShape(path, family.Named(family.DefaultShape)).SharedBytes;
    }
}
