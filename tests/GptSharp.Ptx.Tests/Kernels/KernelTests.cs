using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>
/// Every sample kernel runs with all checks on, computes what binary64 computes within bounds that its roundings explain, and
/// triggers no check: with exact approximations and perturbed ones, with every model of matrix sums, and in shuffled order.
/// </summary>
public class KernelTests
{
    private static readonly Lazy<Dictionary<string, KernelCase>> Cases = new(() => KernelCase.All.ToDictionary(item => item.ToString()));

    public static TheoryData<string> Names => [.. Cases.Value.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_kernel_is_right_in_every_mode_and_triggers_no_check(string name)
    {
        KernelCase item = Cases.Value[name];
        PtxModule module = Modules.Of(item.File);
        byte[][] plain = Run(module, item, new LaunchOptions());
        if (!item.IsLarge)
        {
            Run(module, item, new LaunchOptions { Perturb = true });
            Run(module, item, new LaunchOptions { Mma = MmaModel.Ampere });
            Run(module, item, new LaunchOptions { Mma = MmaModel.Hopper });
        }

        byte[][] shuffled = Run(module, item, new LaunchOptions { ShuffleSeed = 7 });
        if (!name.Contains("atomic", StringComparison.Ordinal))
        {
            Assert.Equal(plain, shuffled);
        }
    }

    [Fact]
    public void Every_kernel_of_the_samples_has_a_case()
    {
        // probe.cu is a catalogue of forms, not to be run.
        IEnumerable<string> kernels = Directory.EnumerateFiles(KernelSources.Folder, "*.cu", SearchOption.AllDirectories)
            .Select(path => Path.ChangeExtension(Path.GetRelativePath(KernelSources.Folder, path), null).Replace('\\', '/'))
            .Where(file => file != "probe")
            .SelectMany(file => Modules.Of(file).Kernels.Keys.Select(kernel => $"{file}: {kernel}"));
        Assert.Equal(kernels.Order(StringComparer.Ordinal), KernelCase.All.Select(item => $"{item.File}: {item.Kernel}").Distinct().Order(StringComparer.Ordinal));
    }

    private static byte[][] Run(PtxModule module, KernelCase item, LaunchOptions options)
    {
        using var bench = new Bench();
        KernelArgument[] arguments = item.Prepare(bench);
        LaunchReport report = module.Launch(
            item.Kernel, item.Grid, new Dimensions(item.Threads), arguments, bench.Memory, options with { SharedBytes = item.SharedBytes, Checks = Checks.All });
        Assert.Empty(report.Findings);
        bench.Check();
        return bench.Outputs;
    }
}
