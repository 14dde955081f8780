namespace GptSharp.Cuda.Nvidia;

/// <summary>CUdevice_attribute: what can be asked of a device.</summary>
internal enum DeviceAttribute
{
    ClockKilohertz = 13,
    Multiprocessors = 16,
    L2Bytes = 38,
    CapabilityMajor = 75,
    CapabilityMinor = 76,
    SharedBytesPerBlockOptIn = 97,
}

/// <summary>CUfunction_attribute: what can be asked or set of a kernel.</summary>
internal enum FunctionAttribute
{
    LocalBytes = 3,
    Registers = 4,
    MostDynamicSharedBytes = 8,
}

/// <summary>CUjit_option: how a module is compiled, and where the compiler's words go.</summary>
internal enum JitOption
{
    ErrorLogBuffer = 5,
    ErrorLogBufferBytes = 6,
}

/// <summary>CU_MEMHOSTALLOC: how pinned memory is taken.</summary>
[Flags]
internal enum HostAllocation : uint
{
    Portable = 1,
    Mapped = 2,
}

/// <summary>CUstreamCaptureMode: whose calls a capture restricts.</summary>
internal enum CaptureMode
{
    ThreadLocal = 1,
}

/// <summary>CUevent_flags: what an event is for.</summary>
internal enum EventKind : uint
{
    Timing = 0,
    OrderOnly = 2,
}

/// <summary>How cuLaunchKernel learns of parameters that lie packed in a buffer: names and values follow each other in its last argument.</summary>
internal static class LaunchParameter
{
    public const nint End = 0;
    public const nint BufferPointer = 1;
    public const nint BufferSize = 2;
}
