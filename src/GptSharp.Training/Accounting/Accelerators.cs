namespace GptSharp.Training.Accounting;

/// <summary>What an accelerator's vendor says that it can do at best.</summary>
/// <param name="Name">The accelerator.</param>
/// <param name="Bf16">BF16 matrix products with sums in binary32, dense, in TFLOP/s; null where the hardware has none.</param>
/// <param name="Fp32">Binary32 arithmetic outside of tensor cores, in TFLOP/s.</param>
/// <param name="Bandwidth">Memory bandwidth in GB/s.</param>
/// <param name="Source">Where the vendor says so.</param>
public sealed record Accelerator(string Name, double? Bf16, double Fp32, double Bandwidth, string Source)
{
    /// <summary>Words that its driver's name for it has all of.</summary>
    internal string[] Words { get; init; } = [];

    /// <summary>Words of which it has none: those of its siblings.</summary>
    internal string[] Without { get; init; } = [];
}

/// <summary>
/// Accelerators by name. Vendors like to print products of sparse matrices, twice as many; all figures here are dense.
/// </summary>
public static class Accelerators
{
    private const string V100Sheet = "NVIDIA V100 datasheet (2020)";
    private const string A100Sheet = "NVIDIA A100 datasheet (2021)";
    private const string H100Sheet = "NVIDIA H100 datasheet (2023), half of the sparse 1,979 and 1,513";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Accelerator> All { get; } =
    [
        new("B200", 2250, 75, 8000, "NVIDIA DGX B200 and HGX B200 datasheets (2024), an eighth; half of the sparse 4,500") { Words = ["B200"], Without = ["GB200"] },
        new("H200", 989.5, 67, 4800, "NVIDIA H200 datasheet (2024), half of the sparse 1,979") { Words = ["H200"], Without = ["NVL", "GH200"] },
        new("H100 SXM", 989.5, 67, 3350, H100Sheet) { Words = ["H100"], Without = ["PCIe", "NVL", "GH100"] },
        new("H100 PCIe", 756.5, 51, 2000, H100Sheet) { Words = ["H100", "PCIe"] },
        new("A100 80GB SXM", 312, 19.5, 2039, A100Sheet) { Words = ["A100", "80GB"], Without = ["PCIe"] },
        new("A100 80GB PCIe", 312, 19.5, 1935, A100Sheet) { Words = ["A100", "80GB", "PCIe"] },
        new("A100 40GB", 312, 19.5, 1555, "NVIDIA A100 datasheet (2020)") { Words = ["A100", "40GB"] },
        new("L40S", 362.05, 91.6, 864, "NVIDIA L40S datasheet (2023)") { Words = ["L40S"] },
        new("L4", 121, 30.3, 300, "NVIDIA L4 datasheet (2023), half of the sparse 242") { Words = ["L4"] },
        new("RTX 4090", 165.2, 82.6, 1008, "NVIDIA Ada GPU architecture whitepaper (2022), sums in binary32") { Words = ["RTX", "4090"], Without = ["Laptop", "D"] },
        new("RTX 3090", 71, 35.6, 936, "NVIDIA Ampere GA102 whitepaper (2020), sums in binary32") { Words = ["RTX", "3090"], Without = ["Ti"] },
        new("V100 SXM2", null, 15.7, 900, V100Sheet) { Words = ["V100", "SXM2"] },
        new("V100 PCIe", null, 14, 900, V100Sheet) { Words = ["V100", "PCIe"] },
        new("T4", null, 8.1, 320, "NVIDIA T4 datasheet (2019)") { Words = ["T4"] },
    ];

    /// <summary>The accelerator that a driver calls so, as in <c>NVIDIA A100-SXM4-80GB</c>; null for one that is not in the table.</summary>
    public static Accelerator? Find(string deviceName)
    {
        string[] words = deviceName.Split([' ', '-', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
        return All.FirstOrDefault(accelerator => accelerator.Words.All(Has) && !accelerator.Without.Any(Has));

        bool Has(string word) => words.Contains(word, StringComparer.OrdinalIgnoreCase);
    }
}
