using GptSharp.Ptx;

namespace GptSharp.Cuda;

/// <summary>A launch, as observers see it.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Shape">Blocks, threads and shared memory.</param>
/// <param name="Report">What it did; only the emulator knows, and counters only when they were asked for.</param>
public readonly record struct KernelLaunch(CudaKernel Kernel, LaunchShape Shape, LaunchReport? Report);
