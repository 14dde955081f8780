using GptSharp.Cuda.Nvidia;

namespace GptSharp.Cuda;

/// <summary>The GPUs of the machine, through NVIDIA's driver.</summary>
public static class CudaDevices
{
    /// <summary>Environment variable that names the driver's library, where it is not where the system keeps it.</summary>
    public const string LibraryVariable = "GPTSHARP_CUDA_LIBRARY";

    /// <summary>Compute capability from which binary32 kernels run: Volta's.</summary>
    public const int OldestCapability = 70;

    /// <summary>Compute capability from which BF16 kernels run: Ampere's.</summary>
    public const int OldestCapabilityForBF16 = 80;

    /// <summary>Says what is there and what it is good for; never fails.</summary>
    /// <param name="library">The driver's library; null for the system's.</param>
    public static CudaSurvey Survey(string? library = null)
    {
        try
        {
            DriverLibrary driver = DriverLibrary.Open(library);
            IReadOnlyList<CudaDevice> devices = DeviceList.Read(driver);
            string? whyNot = devices.Count == 0 ? DeviceList.None(driver).Message
                : devices.Any(device => device.WhyNot is null) ? null
                : devices[0].WhyNot;
            return new CudaSurvey(DriverLibrary.Text(driver.Version), devices, whyNot);
        }
        catch (CudaException failure)
        {
            return new CudaSurvey(null, [], failure.Message);
        }
    }

    /// <summary>Opens a GPU.</summary>
    /// <param name="ordinal">Its number, from 0; null for the first one that serves.</param>
    /// <param name="library">The driver's library; null for the system's.</param>
    /// <exception cref="CudaUnavailableException">There is no driver, none that serves, or no such device; the message says what to do.</exception>
    /// <exception cref="CudaException">The device cannot be opened.</exception>
    public static ICudaDriver Open(int? ordinal = null, string? library = null)
    {
        DriverLibrary driver = DriverLibrary.Open(library);
        IReadOnlyList<CudaDevice> devices = DeviceList.Read(driver);
        if (devices.Count == 0)
        {
            throw DeviceList.None(driver);
        }

        CudaDevice? device = ordinal is { } number
            ? devices.ElementAtOrDefault(number)
            : devices.FirstOrDefault(candidate => candidate.WhyNot is null) ?? devices[0];
        return device switch
        {
            null => throw new CudaUnavailableException(
                $"there is no device cuda:{ordinal}; this machine has {string.Join(", ", devices.Select(found => $"cuda:{found.Ordinal} ({found.Properties.Name})"))}."),
            { WhyNot: { } reason } => throw new CudaUnavailableException(reason),
            _ => new NvidiaDriver(driver, DeviceList.Handle(driver, device.Ordinal), device.Properties),
        };
    }
}

/// <summary>What <see cref="CudaDevices.Survey"/> found.</summary>
/// <param name="Version">The latest CUDA that the driver knows, 12.4 for example; null without a driver that serves.</param>
/// <param name="Devices">The devices, also those that do not serve.</param>
/// <param name="WhyNot">Why no device can be used and what to do, one sentence that begins in lower case; null when one can.</param>
public sealed record CudaSurvey(string? Version, IReadOnlyList<CudaDevice> Devices, string? WhyNot)
{
    /// <summary>The device that <see cref="CudaDevices.Open"/> takes by itself, or null.</summary>
    public CudaDevice? First => Devices.FirstOrDefault(device => device.WhyNot is null);
}

/// <summary>A GPU of the machine.</summary>
/// <param name="Ordinal">Its number.</param>
/// <param name="Properties">What it is.</param>
/// <param name="WhyNot">Why it cannot be used, one sentence; null when it can.</param>
public sealed record CudaDevice(int Ordinal, DeviceProperties Properties, string? WhyNot);
