using System.Globalization;
using System.Runtime.InteropServices;

namespace GptSharp.Cuda.Nvidia;

/// <summary>NVIDIA's driver, loaded and started. One per process is enough; it is never unloaded.</summary>
internal sealed unsafe class DriverLibrary
{
    /// <summary>The oldest driver that serves: it has CUDA 11.4, which brought cuGraphInstantiateWithFlags.</summary>
    public const string OldestDriver = "470";

    private const int OldestVersion = 11_040;

    // As CUDA counts: 1000 times the major version plus 10 times the minor one.
    private const int MajorUnit = 1000;
    private const int MinorUnit = 10;

    private DriverLibrary(DriverFunctions functions, string name, int version) => (Functions, Name, Version) = (functions, name, version);

    /// <summary>What can be called.</summary>
    public DriverFunctions Functions { get; }

    /// <summary>The file.</summary>
    public string Name { get; }

    /// <summary>The latest CUDA that the driver knows, 12040 for 12.4.</summary>
    public int Version { get; }

    /// <summary>For people: <c>12.4</c>.</summary>
    public static string Text(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / MajorUnit}.{version % MajorUnit / MinorUnit}");

    /// <summary>Loads and starts the driver.</summary>
    /// <param name="path">The library; null for the environment's <see cref="CudaDevices.LibraryVariable"/> or where the system keeps it.</param>
    /// <exception cref="CudaUnavailableException">There is none, or it is of no use.</exception>
    public static DriverLibrary Open(string? path = null)
    {
        (nint library, string name) = Load(path ?? Environment.GetEnvironmentVariable(CudaDevices.LibraryVariable));
        int version = AskVersion(library, name);
        if (version < OldestVersion)
        {
            throw new CudaUnavailableException(
                $"the NVIDIA driver is too old: it has CUDA {Text(version)}, and CUDA {Text(OldestVersion)} is needed; install the driver {OldestDriver} or a later one.");
        }

        var driver = new DriverLibrary(new DriverFunctions(library, name), name, version);
        CudaResult started = driver.Functions.Init(0);
        return started == CudaResult.Success
            ? driver
            : throw new CudaUnavailableException($"the NVIDIA driver does not start: cuInit returned {driver.Describe(started)}");
    }

    /// <summary>The name of an error, what the driver says about it, and what to do: the end of a sentence.</summary>
    public string Describe(CudaResult result)
    {
        byte* name;
        byte* text;
        string known = Functions.GetErrorName(result, &name) == CudaResult.Success && Functions.GetErrorString(result, &text) == CudaResult.Success
            ? $"{Marshal.PtrToStringUTF8((nint)name)} ({Marshal.PtrToStringUTF8((nint)text)})"
            : string.Create(CultureInfo.InvariantCulture, $"error {(int)result}");
        return Remedies.For(result) is { Length: > 0 } remedy ? $"{known}. {remedy}" : known + ".";
    }

    private static (nint Library, string Name) Load(string? path)
    {
        if (path is not null)
        {
            try
            {
                return (NativeLibrary.Load(path), path);
            }
            catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
            {
                throw new CudaUnavailableException($"the NVIDIA driver's library {path} cannot be loaded: {Reason(path, failure)}.", failure);
            }
        }

        string[] places = OperatingSystem.IsWindows() ? ["nvcuda.dll"]
            : OperatingSystem.IsLinux() ? ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"]
            : throw new CudaUnavailableException("there is no NVIDIA driver for this system; CUDA needs Linux or Windows.");
        foreach (string place in places)
        {
            if (NativeLibrary.TryLoad(place, out nint library))
            {
                return (library, place);
            }
        }

        throw new CudaUnavailableException(
            $"there is no NVIDIA driver: {places[0]} was not found. Install the driver {OldestDriver} or a later one (nothing else of CUDA is needed); in a container, start it with --gpus all.");
    }

    // .NET's message is advice over several lines, and between them, behind the path, what the system said.
    private static string Reason(string path, Exception failure)
    {
        if (Path.IsPathRooted(path) && !File.Exists(path))
        {
            return "there is no such file";
        }

        string[] said = failure.Message.Split('\n', StringSplitOptions.TrimEntries);
        return (said.FirstOrDefault(line => line.StartsWith(path + ": ", StringComparison.Ordinal))?[(path.Length + 2)..] ?? said[0]).TrimEnd('.');
    }

    // Asked first, because an old driver lacks functions, and its age says more than their names.
    private static int AskVersion(nint library, string name)
    {
        if (!NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint address))
        {
            throw new CudaUnavailableException($"{name} is not the NVIDIA driver's library: it lacks cuDriverGetVersion.");
        }

        int version;
        CudaResult result = ((delegate* unmanaged<int*, CudaResult>)address)(&version);
        return result == CudaResult.Success
            ? version
            : throw new CudaUnavailableException(
                string.Create(CultureInfo.InvariantCulture, $"the NVIDIA driver does not say its version: cuDriverGetVersion returned error {(int)result}. {Remedies.For(result)}").TrimEnd());
    }
}
