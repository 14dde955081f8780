namespace GptSharp.Ptx.Counters;

/// <summary>The time that one part of a GPU needs for a launch, if it alone mattered.</summary>
/// <param name="Name">The part.</param>
/// <param name="Microseconds">The time.</param>
/// <param name="Formula">How the time comes about, with the numbers filled in.</param>
public sealed record PipeTime(string Name, double Microseconds, string Formula);

/// <summary>
/// A model of how long a launch takes on a GPU: each part of the GPU is timed by itself, and the slowest is the bound. Good for
/// ranking variants of a kernel; 30 to 50 % off in absolute time. Never a measurement.
/// </summary>
/// <param name="Gpu">The GPU.</param>
/// <param name="Pipes">The parts, slowest first.</param>
/// <param name="BlocksPerMultiprocessor">Blocks that fit on a multiprocessor at once.</param>
/// <param name="Waves">Rounds that the grid takes when every multiprocessor is full.</param>
public sealed record Roofline(GpuModel Gpu, IReadOnlyList<PipeTime> Pipes, int BlocksPerMultiprocessor, double Waves)
{
    // What clang's PTX shrinks to when the driver folds its moves.
    private const double MachineInstructionsPerStatement = 0.75;
    private const double UsableBandwidth = 0.92;
    private const int SchedulersPerMultiprocessor = 4;
    private const int SpecialLanesPerClock = 16;
    private const int RegistersPerMultiprocessor = 65536;
    private const int MostRegisters = 255;
    private const int MostBlocks = 32;

    /// <summary>The part that bounds the launch.</summary>
    public PipeTime Bound => Pipes[0];

    /// <summary>Applies the model.</summary>
    /// <param name="counters">What the launch did.</param>
    /// <param name="gpu">The GPU.</param>
    public static Roofline Model(LaunchCounters counters, GpuModel gpu)
    {
        ArgumentNullException.ThrowIfNull(counters);
        ArgumentNullException.ThrowIfNull(gpu);

        // The multiprocessor with the most blocks decides: a part that works per multiprocessor does that share of the launch.
        double busiest = Math.Ceiling((double)counters.Blocks / gpu.Multiprocessors) / counters.Blocks;
        double clock = gpu.Gigahertz * 1e3;
        double floatLanes = gpu.FloatTeraflops * 1e12 / 2 / gpu.Multiprocessors / (gpu.Gigahertz * 1e9);
        double tensor = gpu.TensorTeraflops * 1e12 / gpu.Multiprocessors / (gpu.Gigahertz * 1e9);
        long issued = counters.WarpInstructions;
        long floats = counters.CountLanes(InstructionClass.FusedMultiplyAdd) + counters.CountLanes(InstructionClass.Float);
        long special = counters.CountLanes(InstructionClass.SpecialFunction);
        long bytes = counters.UniqueBytesLoaded + counters.UniqueBytesStored;
        PipeTime[] pipes =
        [
            PerMultiprocessor("issue", issued * MachineInstructionsPerStatement, SchedulersPerMultiprocessor, "warp instructions x 0.75"),
            PerMultiprocessor("fp32", floats, floatLanes, "fp32 lanes"),
            PerMultiprocessor("special functions", special, SpecialLanesPerClock, "lanes"),
            PerMultiprocessor("tensor cores", counters.MatrixOperations, tensor, "flop"),
            PerMultiprocessor("shared memory", counters.Accesses.Wavefronts, 1, "wavefronts of 128 bytes"),
            new(
                "device memory",
                bytes / (gpu.DramGigabytesPerSecond * UsableBandwidth * 1e3),
                FormattableString.Invariant($"{bytes:N0} unique bytes / (0.92 x {gpu.DramGigabytesPerSecond:N0} GB/s)")),
        ];
        int resident = Resident(counters, gpu);
        double waves = resident == 0 ? double.PositiveInfinity : (double)counters.Blocks / (resident * gpu.Multiprocessors);
        return new(gpu, [.. pipes.OrderByDescending(pipe => pipe.Microseconds)], resident, waves);

        PipeTime PerMultiprocessor(string name, double work, double perClock, string unit) => new(
            name,
            work * busiest / perClock / clock,
            FormattableString.Invariant($"{work * busiest:N0} {unit} on the busiest multiprocessor / {perClock:N0} per clock at {gpu.Gigahertz} GHz"));
    }

    private static int Resident(LaunchCounters counters, GpuModel gpu)
    {
        const int kilobyte = 1024;
        long warps = (counters.ThreadsPerBlock + 31) / 32;
        long registers = Math.Clamp(counters.MaxLiveRegisters + (counters.MaxLiveRegisters / 8), 16, MostRegisters) * warps * 32;
        long byShared = counters.SharedBytesPerBlock == 0 ? MostBlocks
            : counters.SharedBytesPerBlock > gpu.SharedKilobytesPerBlock * kilobyte ? 0
            : gpu.SharedKilobytes * kilobyte / (counters.SharedBytesPerBlock + kilobyte);
        return (int)new[] { MostBlocks, byShared, RegistersPerMultiprocessor / registers, gpu.ThreadsPerMultiprocessor / (warps * 32) }.Min();
    }
}
