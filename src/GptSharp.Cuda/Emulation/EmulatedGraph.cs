namespace GptSharp.Cuda.Emulation;

/// <summary>Launches that were noted, with the bytes of their parameters at that time.</summary>
internal sealed class EmulatedGraph(EmulatorDriver driver) : ICudaGraph
{
    private readonly List<(EmulatedKernel Kernel, LaunchShape Shape, byte[] Parameters)> _launches = [];

    /// <summary>The driver that captured it.</summary>
    public EmulatorDriver Driver => driver;

    /// <inheritdoc/>
    public int LaunchCount => _launches.Count;

    /// <summary>The launches, in order.</summary>
    public IReadOnlyList<(EmulatedKernel Kernel, LaunchShape Shape, byte[] Parameters)> Launches => _launches;

    /// <summary>Notes a launch.</summary>
    public void Add(EmulatedKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters) =>
        _launches.Add((kernel, shape, parameters.ToArray()));

    /// <inheritdoc/>
    public void Dispose() => _launches.Clear();
}
