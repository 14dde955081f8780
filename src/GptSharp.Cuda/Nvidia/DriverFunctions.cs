using System.Runtime.InteropServices;

namespace GptSharp.Cuda.Nvidia;

/// <summary>
/// The functions of NVIDIA's driver that are used, under the names that its library exports, each resolved once. Function pointers and not
/// <c>LibraryImport</c> because the library is chosen at run time and a missing function must be told before anything is done.
/// Handles (context, stream, event, module, function, graph) are pointers, device addresses 64-bit numbers, sizes as wide as a pointer.
/// See NVIDIA, CUDA Driver API.
/// </summary>
internal sealed unsafe class DriverFunctions
{
    private readonly nint _library;
    private readonly string _name;

    /// <summary>Resolves all functions.</summary>
    /// <param name="library">The loaded library.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="CudaUnavailableException">One is missing; it is named.</exception>
    public DriverFunctions(nint library, string name)
    {
        (_library, _name) = (library, name);
        Init = (delegate* unmanaged<uint, CudaResult>)Find("cuInit");
        GetErrorName = (delegate* unmanaged<CudaResult, byte**, CudaResult>)Find("cuGetErrorName");
        GetErrorString = (delegate* unmanaged<CudaResult, byte**, CudaResult>)Find("cuGetErrorString");

        DeviceGetCount = (delegate* unmanaged<int*, CudaResult>)Find("cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, CudaResult>)Find("cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, CudaResult>)Find("cuDeviceGetName");
        DeviceGetAttribute = (delegate* unmanaged<int*, DeviceAttribute, int, CudaResult>)Find("cuDeviceGetAttribute");
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, CudaResult>)Find("cuDeviceTotalMem_v2");

        PrimaryContextRetain = (delegate* unmanaged<nint*, int, CudaResult>)Find("cuDevicePrimaryCtxRetain");
        PrimaryContextRelease = (delegate* unmanaged<int, CudaResult>)Find("cuDevicePrimaryCtxRelease_v2");
        ContextSetCurrent = (delegate* unmanaged<nint, CudaResult>)Find("cuCtxSetCurrent");

        MemAlloc = (delegate* unmanaged<ulong*, nuint, CudaResult>)Find("cuMemAlloc_v2");
        MemFree = (delegate* unmanaged<ulong, CudaResult>)Find("cuMemFree_v2");
        MemGetInfo = (delegate* unmanaged<nuint*, nuint*, CudaResult>)Find("cuMemGetInfo_v2");
        MemHostAlloc = (delegate* unmanaged<nint*, nuint, HostAllocation, CudaResult>)Find("cuMemHostAlloc");
        MemFreeHost = (delegate* unmanaged<nint, CudaResult>)Find("cuMemFreeHost");
        MemcpyToDevice = (delegate* unmanaged<ulong, nint, nuint, nint, CudaResult>)Find("cuMemcpyHtoDAsync_v2");
        MemcpyToHost = (delegate* unmanaged<nint, ulong, nuint, nint, CudaResult>)Find("cuMemcpyDtoHAsync_v2");
        Memset = (delegate* unmanaged<ulong, byte, nuint, nint, CudaResult>)Find("cuMemsetD8Async");

        StreamCreate = (delegate* unmanaged<nint*, uint, CudaResult>)Find("cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, CudaResult>)Find("cuStreamDestroy_v2");
        StreamSynchronize = (delegate* unmanaged<nint, CudaResult>)Find("cuStreamSynchronize");
        StreamBeginCapture = (delegate* unmanaged<nint, CaptureMode, CudaResult>)Find("cuStreamBeginCapture_v2");
        StreamEndCapture = (delegate* unmanaged<nint, nint*, CudaResult>)Find("cuStreamEndCapture");

        EventCreate = (delegate* unmanaged<nint*, EventKind, CudaResult>)Find("cuEventCreate");
        EventDestroy = (delegate* unmanaged<nint, CudaResult>)Find("cuEventDestroy_v2");
        EventRecord = (delegate* unmanaged<nint, nint, CudaResult>)Find("cuEventRecord");
        EventSynchronize = (delegate* unmanaged<nint, CudaResult>)Find("cuEventSynchronize");
        EventElapsedTime = (delegate* unmanaged<float*, nint, nint, CudaResult>)Find("cuEventElapsedTime");

        ModuleLoad = (delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult>)Find("cuModuleLoadDataEx");
        ModuleUnload = (delegate* unmanaged<nint, CudaResult>)Find("cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, CudaResult>)Find("cuModuleGetFunction");
        FunctionGetAttribute = (delegate* unmanaged<int*, FunctionAttribute, nint, CudaResult>)Find("cuFuncGetAttribute");
        FunctionSetAttribute = (delegate* unmanaged<nint, FunctionAttribute, int, CudaResult>)Find("cuFuncSetAttribute");
        LaunchKernel =
            (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CudaResult>)Find("cuLaunchKernel");

        GraphInstantiate = (delegate* unmanaged<nint*, nint, ulong, CudaResult>)Find("cuGraphInstantiateWithFlags");
        GraphLaunch = (delegate* unmanaged<nint, nint, CudaResult>)Find("cuGraphLaunch");
        GraphExecDestroy = (delegate* unmanaged<nint, CudaResult>)Find("cuGraphExecDestroy");
        GraphDestroy = (delegate* unmanaged<nint, CudaResult>)Find("cuGraphDestroy");
    }

    /// <summary>cuInit(flags): before everything else.</summary>
    public readonly delegate* unmanaged<uint, CudaResult> Init;

    /// <summary>cuGetErrorName(error, out text).</summary>
    public readonly delegate* unmanaged<CudaResult, byte**, CudaResult> GetErrorName;

    /// <summary>cuGetErrorString(error, out text).</summary>
    public readonly delegate* unmanaged<CudaResult, byte**, CudaResult> GetErrorString;

    /// <summary>cuDeviceGetCount(out count).</summary>
    public readonly delegate* unmanaged<int*, CudaResult> DeviceGetCount;

    /// <summary>cuDeviceGet(out device, ordinal).</summary>
    public readonly delegate* unmanaged<int*, int, CudaResult> DeviceGet;

    /// <summary>cuDeviceGetName(text, length, device).</summary>
    public readonly delegate* unmanaged<byte*, int, int, CudaResult> DeviceGetName;

    /// <summary>cuDeviceGetAttribute(out value, attribute, device).</summary>
    public readonly delegate* unmanaged<int*, DeviceAttribute, int, CudaResult> DeviceGetAttribute;

    /// <summary>cuDeviceTotalMem(out bytes, device).</summary>
    public readonly delegate* unmanaged<nuint*, int, CudaResult> DeviceTotalMem;

    /// <summary>cuDevicePrimaryCtxRetain(out context, device).</summary>
    public readonly delegate* unmanaged<nint*, int, CudaResult> PrimaryContextRetain;

    /// <summary>cuDevicePrimaryCtxRelease(device).</summary>
    public readonly delegate* unmanaged<int, CudaResult> PrimaryContextRelease;

    /// <summary>cuCtxSetCurrent(context): of the calling thread.</summary>
    public readonly delegate* unmanaged<nint, CudaResult> ContextSetCurrent;

    /// <summary>cuMemAlloc(out address, bytes).</summary>
    public readonly delegate* unmanaged<ulong*, nuint, CudaResult> MemAlloc;

    /// <summary>cuMemFree(address).</summary>
    public readonly delegate* unmanaged<ulong, CudaResult> MemFree;

    /// <summary>cuMemGetInfo(out free, out total).</summary>
    public readonly delegate* unmanaged<nuint*, nuint*, CudaResult> MemGetInfo;

    /// <summary>cuMemHostAlloc(out address, bytes, flags).</summary>
    public readonly delegate* unmanaged<nint*, nuint, HostAllocation, CudaResult> MemHostAlloc;

    /// <summary>cuMemFreeHost(address).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> MemFreeHost;

    /// <summary>cuMemcpyHtoDAsync(destination, source, bytes, stream).</summary>
    public readonly delegate* unmanaged<ulong, nint, nuint, nint, CudaResult> MemcpyToDevice;

    /// <summary>cuMemcpyDtoHAsync(destination, source, bytes, stream).</summary>
    public readonly delegate* unmanaged<nint, ulong, nuint, nint, CudaResult> MemcpyToHost;

    /// <summary>cuMemsetD8Async(address, value, bytes, stream).</summary>
    public readonly delegate* unmanaged<ulong, byte, nuint, nint, CudaResult> Memset;

    /// <summary>cuStreamCreate(out stream, flags).</summary>
    public readonly delegate* unmanaged<nint*, uint, CudaResult> StreamCreate;

    /// <summary>cuStreamDestroy(stream).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> StreamDestroy;

    /// <summary>cuStreamSynchronize(stream).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> StreamSynchronize;

    /// <summary>cuStreamBeginCapture(stream, mode).</summary>
    public readonly delegate* unmanaged<nint, CaptureMode, CudaResult> StreamBeginCapture;

    /// <summary>cuStreamEndCapture(stream, out graph).</summary>
    public readonly delegate* unmanaged<nint, nint*, CudaResult> StreamEndCapture;

    /// <summary>cuEventCreate(out event, flags).</summary>
    public readonly delegate* unmanaged<nint*, EventKind, CudaResult> EventCreate;

    /// <summary>cuEventDestroy(event).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> EventDestroy;

    /// <summary>cuEventRecord(event, stream).</summary>
    public readonly delegate* unmanaged<nint, nint, CudaResult> EventRecord;

    /// <summary>cuEventSynchronize(event).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> EventSynchronize;

    /// <summary>cuEventElapsedTime(out milliseconds, start, end).</summary>
    public readonly delegate* unmanaged<float*, nint, nint, CudaResult> EventElapsedTime;

    /// <summary>cuModuleLoadDataEx(out module, text, count, options, values).</summary>
    public readonly delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult> ModuleLoad;

    /// <summary>cuModuleUnload(module).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> ModuleUnload;

    /// <summary>cuModuleGetFunction(out function, module, name).</summary>
    public readonly delegate* unmanaged<nint*, nint, byte*, CudaResult> ModuleGetFunction;

    /// <summary>cuFuncGetAttribute(out value, attribute, function).</summary>
    public readonly delegate* unmanaged<int*, FunctionAttribute, nint, CudaResult> FunctionGetAttribute;

    /// <summary>cuFuncSetAttribute(function, attribute, value).</summary>
    public readonly delegate* unmanaged<nint, FunctionAttribute, int, CudaResult> FunctionSetAttribute;

    /// <summary>cuLaunchKernel(function, grid x y z, block x y z, shared bytes, stream, parameters, extra).</summary>
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CudaResult> LaunchKernel;

    /// <summary>cuGraphInstantiateWithFlags(out executable, graph, flags).</summary>
    public readonly delegate* unmanaged<nint*, nint, ulong, CudaResult> GraphInstantiate;

    /// <summary>cuGraphLaunch(executable, stream).</summary>
    public readonly delegate* unmanaged<nint, nint, CudaResult> GraphLaunch;

    /// <summary>cuGraphExecDestroy(executable).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> GraphExecDestroy;

    /// <summary>cuGraphDestroy(graph).</summary>
    public readonly delegate* unmanaged<nint, CudaResult> GraphDestroy;

    private nint Find(string function) => NativeLibrary.TryGetExport(_library, function, out nint address)
        ? address
        : throw new CudaUnavailableException(
            $"the NVIDIA driver's library {_name} lacks {function}: it is older than the driver {DriverLibrary.OldestDriver}, or not NVIDIA's; install a newer driver.");
}
