namespace GptSharp.Cuda;

/// <summary>
/// One device with one context and one stream: what NVIDIA's driver and the emulator both are. All work is put in the stream in the
/// order of the calls. Used by one thread at a time.
/// </summary>
public interface ICudaDriver : IDisposable
{
    /// <summary>What the device is.</summary>
    DeviceProperties Properties { get; }

    /// <summary>Bytes of device memory that nobody holds, other processes included; null if it is the host's.</summary>
    long? FreeBytes { get; }

    /// <summary>What went through the driver since it was opened.</summary>
    DriverCounts Counts { get; }

    /// <summary>Told of every kernel that was launched, by the emulator also of those in a graph that is launched; null for nobody.</summary>
    Action<KernelLaunch>? Launched { get; set; }

    /// <summary>Told what a person may want to know, one sentence each; null for nobody.</summary>
    Action<string>? Log { get; set; }

    /// <summary>Takes uninitialised device memory, aligned to 256 bytes.</summary>
    /// <exception cref="OutOfCudaMemoryException">There is not that much.</exception>
    ulong Allocate(long bytes);

    /// <summary>Gives device memory back, after all work that uses it.</summary>
    void Free(ulong address);

    /// <summary>Takes host memory that the device can read and write in place, for copies that do not wait, and for words that kernels report in.</summary>
    /// <returns>Its address, the same on the host and on the device.</returns>
    nint AllocatePinned(long bytes);

    /// <summary>Gives pinned memory back.</summary>
    void FreePinned(nint address);

    /// <summary>Copies host memory to the device, after all work before it; the source may change as soon as the call returns.</summary>
    void CopyToDevice(ulong destination, ReadOnlySpan<byte> source);

    /// <summary>Copies device memory to the host and waits for it, hence for all work before it.</summary>
    void CopyToHost(Span<byte> destination, ulong source);

    /// <summary>Sets every byte.</summary>
    void Fill(ulong address, byte value, long bytes);

    /// <summary>Compiles a PTX file for the device.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="ptx">Its text, UTF-8, without a zero at the end.</param>
    ICudaModule Load(string name, ReadOnlySpan<byte> ptx);

    /// <summary>Launches a kernel; allocates nothing.</summary>
    /// <param name="kernel">A kernel of a module of this driver.</param>
    /// <param name="shape">Blocks, threads and dynamic shared memory.</param>
    /// <param name="parameters">All parameters, each at its natural alignment, exactly <see cref="CudaKernel.ParameterBytes"/> long where that is known.</param>
    void Launch(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters);

    /// <summary>From here on launches are noted instead of executed, until <see cref="EndCapture"/>; nothing but launches may come.</summary>
    void BeginCapture();

    /// <summary>What was launched since <see cref="BeginCapture"/>, ready to be launched again as one.</summary>
    ICudaGraph EndCapture();

    /// <summary>Launches a captured graph.</summary>
    void Launch(ICudaGraph graph);

    /// <summary>A mark in the stream.</summary>
    ICudaEvent NewEvent();

    /// <summary>Waits for all work.</summary>
    void Synchronize();
}

/// <summary>A PTX file that the device has compiled.</summary>
public interface ICudaModule : IDisposable
{
    /// <summary>A kernel of it, resolved once by the caller and kept.</summary>
    /// <exception cref="CudaException">There is none of that name.</exception>
    CudaKernel Kernel(string name);
}

/// <summary>Launches captured once, to be repeated.</summary>
public interface ICudaGraph : IDisposable
{
    /// <summary>How many launches it holds.</summary>
    int LaunchCount { get; }
}

/// <summary>A mark in a stream, to measure time between two.</summary>
public interface ICudaEvent : IDisposable
{
    /// <summary>Sets the mark after all work so far.</summary>
    void Record();

    /// <summary>Waits for this mark and says how long after <paramref name="start"/> it came, in milliseconds.</summary>
    double MillisecondsSince(ICudaEvent start);
}

/// <summary>A kernel that can be launched.</summary>
/// <param name="name">Its name in the PTX file.</param>
public abstract class CudaKernel(string name)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Bytes of all parameters, if the driver knows it; else 0.</summary>
    public abstract int ParameterBytes { get; }

    /// <summary>Registers per thread that the driver's compiler took; on the emulator the most that are alive at once.</summary>
    public abstract int Registers { get; }

    /// <summary>Bytes per thread that did not fit into registers.</summary>
    public abstract int LocalBytes { get; }
}

/// <summary>How a kernel is launched.</summary>
/// <param name="GridX">Blocks along x.</param>
/// <param name="GridY">Blocks along y.</param>
/// <param name="GridZ">Blocks along z.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
public readonly record struct LaunchShape(int GridX, int GridY, int GridZ, int Threads, int SharedBytes)
{
    /// <summary>A grid of one dimension.</summary>
    public LaunchShape(int blocks, int threads, int sharedBytes = 0)
        : this(blocks, 1, 1, threads, sharedBytes)
    {
    }

    /// <summary>A grid of two dimensions.</summary>
    public LaunchShape((int X, int Y) grid, int threads, int sharedBytes = 0)
        : this(grid.X, grid.Y, 1, threads, sharedBytes)
    {
    }

    /// <summary>For example <c>grid 12 x 4 x 1, 256 threads, 98304 bytes shared</c>.</summary>
    public override string ToString() => $"grid {GridX} x {GridY} x {GridZ}, {Threads} threads, {SharedBytes} bytes shared";
}

/// <summary>Facts about a device.</summary>
/// <param name="Name">What its maker calls it.</param>
/// <param name="Major">Compute capability, the number before the dot.</param>
/// <param name="Minor">Compute capability, the number behind the dot.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="MemoryBytes">Bytes of device memory.</param>
/// <param name="SharedBytesPerBlock">Most dynamic shared memory that a block can ask for.</param>
/// <param name="L2Bytes">Bytes of the second-level cache.</param>
/// <param name="ClockKilohertz">Highest clock of the multiprocessors.</param>
public sealed record DeviceProperties(
    string Name, int Major, int Minor, int Multiprocessors, long MemoryBytes, int SharedBytesPerBlock, int L2Bytes, int ClockKilohertz)
{
    /// <summary>Compute capability as one number: 80 for 8.0.</summary>
    public int Capability => (10 * Major) + Minor;
}

/// <summary>What went through a driver, counted.</summary>
/// <param name="Launches">Kernels launched by themselves.</param>
/// <param name="GraphLaunches">Graphs launched.</param>
/// <param name="CopiesToDevice">Copies from the host.</param>
/// <param name="BytesToDevice">Bytes of these.</param>
/// <param name="CopiesToHost">Copies to the host.</param>
/// <param name="BytesToHost">Bytes of these.</param>
/// <param name="Allocations">Allocations of device memory.</param>
public readonly record struct DriverCounts(
    long Launches, long GraphLaunches, long CopiesToDevice, long BytesToDevice, long CopiesToHost, long BytesToHost, long Allocations);
