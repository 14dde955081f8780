namespace GptSharp.Cuda.Nvidia;

/// <summary>CUresult: what every function of the driver returns. Only the values that something is said or done about have names.</summary>
internal enum CudaResult
{
    Success = 0,
    OutOfMemory = 2,
    NotInitialized = 3,
    StubLibrary = 34,
    DeviceUnavailable = 46,
    NoDevice = 100,
    InvalidImage = 200,
    NoBinaryForGpu = 209,
    EccUncorrectable = 214,
    InvalidPtx = 218,
    JitCompilerNotFound = 221,
    UnsupportedPtxVersion = 222,
    NotFound = 500,
    IllegalAddress = 700,
    LaunchOutOfResources = 701,
    LaunchTimeout = 702,
    HardwareStackError = 714,
    IllegalInstruction = 715,
    MisalignedAddress = 716,
    InvalidAddressSpace = 717,
    InvalidProgramCounter = 718,
    LaunchFailed = 719,
    SystemNotReady = 802,
    SystemDriverMismatch = 803,
    CompatNotSupportedOnDevice = 804,
    Unknown = 999,
}

/// <summary>What to do about errors of the driver.</summary>
internal static class Remedies
{
    private const string Same = "This program is at fault: run it again with CUDA_LAUNCH_BLOCKING=1 in the environment to learn which kernel, "
        + "or with --device emulator to learn which statement, and report it.";

    /// <summary>Whether a kernel that ran before the call brought the error; every later call in the process returns it again.</summary>
    public static bool IsOfKernel(CudaResult result) => result is CudaResult.IllegalAddress or CudaResult.LaunchTimeout or CudaResult.HardwareStackError
        or CudaResult.IllegalInstruction or CudaResult.MisalignedAddress or CudaResult.InvalidAddressSpace or CudaResult.InvalidProgramCounter
        or CudaResult.LaunchFailed or CudaResult.EccUncorrectable;

    /// <summary>One sentence, or nothing where there is nothing to say.</summary>
    public static string For(CudaResult result) => result switch
    {
        CudaResult.NotInitialized or CudaResult.Unknown => "The driver did not start; nvidia-smi should say why, and a restart of the machine often mends it.",
        CudaResult.StubLibrary => "The library that was found is the stub of NVIDIA's toolkit, which only serves for linking: remove its folder from LD_LIBRARY_PATH.",
        CudaResult.DeviceUnavailable => "Another program uses the device alone, or its compute mode forbids it; nvidia-smi shows both.",
        CudaResult.NoDevice => "There is no NVIDIA GPU that this process may see; check nvidia-smi, CUDA_VISIBLE_DEVICES and the container's --gpus.",
        CudaResult.OutOfMemory => "A smaller batch, block or model needs less; other programs on the device hold memory, too (nvidia-smi shows them).",
        CudaResult.UnsupportedPtxVersion or CudaResult.JitCompilerNotFound => "Update the NVIDIA driver, with all its packages.",
        CudaResult.InvalidImage or CudaResult.InvalidPtx => "The driver's compiler refuses the kernel; please report what it says.",
        CudaResult.NoBinaryForGpu => "The kernel is for a later GPU than this one.",
        CudaResult.LaunchOutOfResources => "The kernel takes more registers or shared memory than the device has for so many threads; please report it with the device's name.",
        CudaResult.LaunchTimeout => "The display's watchdog ended a long kernel: use a GPU without a display, or a smaller batch.",
        CudaResult.EccUncorrectable => "The device's memory is damaged; nvidia-smi -q shows the errors.",
        CudaResult.IllegalAddress or CudaResult.HardwareStackError or CudaResult.IllegalInstruction or CudaResult.MisalignedAddress
            or CudaResult.InvalidAddressSpace or CudaResult.InvalidProgramCounter or CudaResult.LaunchFailed => Same,
        CudaResult.SystemNotReady => "A service of the system is not running yet (on NVSwitch machines: nvidia-fabricmanager).",
        CudaResult.SystemDriverMismatch => "The driver was updated while the system ran: restart the machine.",
        CudaResult.CompatNotSupportedOnDevice => "The compatibility package of CUDA is not for this device: remove it from LD_LIBRARY_PATH.",
        _ => "",
    };
}
