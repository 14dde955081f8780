namespace GptSharp.Ptx.Counters;

/// <summary>The figures of a GPU that the roofline model needs, from its maker's data sheets.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="Gigahertz">Boost clock.</param>
/// <param name="TensorTeraflops">bfloat16 matrix multiplication with binary32 sums, dense.</param>
/// <param name="FloatTeraflops">binary32 fused multiply-add, 2 operations each.</param>
/// <param name="DramGigabytesPerSecond">Bandwidth of device memory.</param>
/// <param name="SharedKilobytes">Shared memory per multiprocessor.</param>
/// <param name="SharedKilobytesPerBlock">Shared memory that one block can have.</param>
/// <param name="ThreadsPerMultiprocessor">Most threads resident on a multiprocessor.</param>
public sealed record GpuModel(
    string Name,
    int Multiprocessors,
    double Gigahertz,
    double TensorTeraflops,
    double FloatTeraflops,
    double DramGigabytesPerSecond,
    int SharedKilobytes,
    int SharedKilobytesPerBlock,
    int ThreadsPerMultiprocessor)
{
    /// <summary>The GPUs that the model knows.</summary>
    public static IReadOnlyList<GpuModel> All { get; } =
    [
        new("A100", 108, 1.41, 312, 19.5, 2039, 164, 163, 2048),
        new("H100", 132, 1.83, 989, 67, 3350, 228, 227, 2048),
        new("RTX4090", 128, 2.52, 165, 82.6, 1008, 100, 99, 1536),
    ];

    /// <summary>The GPU of that name, upper or lower case, with or without blanks; or null.</summary>
    public static GpuModel? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string plain = name.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return All.FirstOrDefault(gpu => gpu.Name.Equals(plain, StringComparison.OrdinalIgnoreCase));
    }
}
