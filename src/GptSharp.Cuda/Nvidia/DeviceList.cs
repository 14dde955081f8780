using System.Runtime.InteropServices;

namespace GptSharp.Cuda.Nvidia;

/// <summary>The devices that a driver has.</summary>
internal static unsafe class DeviceList
{
    private const int NameBytes = 256;

    /// <summary>Asks for all devices.</summary>
    /// <exception cref="CudaException">A question failed.</exception>
    public static IReadOnlyList<CudaDevice> Read(DriverLibrary driver)
    {
        int count;
        CudaResult result = driver.Functions.DeviceGetCount(&count);
        if (result == CudaResult.NoDevice)
        {
            return [];
        }

        Check(driver, result, "cuDeviceGetCount");
        var devices = new CudaDevice[count];
        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            DeviceProperties properties = Properties(driver, Handle(driver, ordinal));
            devices[ordinal] = new CudaDevice(ordinal, properties, WhyNot(ordinal, properties));
        }

        return devices;
    }

    /// <summary>The handle of a device.</summary>
    public static int Handle(DriverLibrary driver, int ordinal)
    {
        int device;
        Check(driver, driver.Functions.DeviceGet(&device, ordinal), "cuDeviceGet");
        return device;
    }

    /// <summary>What to say when there is no device.</summary>
    public static CudaUnavailableException None(DriverLibrary driver) =>
        new($"the NVIDIA driver has no device: {driver.Describe(CudaResult.NoDevice)}");

    private static DeviceProperties Properties(DriverLibrary driver, int device)
    {
        byte* name = stackalloc byte[NameBytes];
        Check(driver, driver.Functions.DeviceGetName(name, NameBytes, device), "cuDeviceGetName");
        nuint bytes;
        Check(driver, driver.Functions.DeviceTotalMem(&bytes, device), "cuDeviceTotalMem");
        return new DeviceProperties(
            Marshal.PtrToStringUTF8((nint)name) ?? "",
            Attribute(DeviceAttribute.CapabilityMajor),
            Attribute(DeviceAttribute.CapabilityMinor),
            Attribute(DeviceAttribute.Multiprocessors),
            (long)bytes,
            Attribute(DeviceAttribute.SharedBytesPerBlockOptIn),
            Attribute(DeviceAttribute.L2Bytes),
            Attribute(DeviceAttribute.ClockKilohertz));

        int Attribute(DeviceAttribute attribute)
        {
            int value;
            Check(driver, driver.Functions.DeviceGetAttribute(&value, attribute, device), "cuDeviceGetAttribute");
            return value;
        }
    }

    private static string? WhyNot(int ordinal, DeviceProperties properties) => properties.Capability >= CudaDevices.OldestCapability
        ? null
        : $"the device cuda:{ordinal}, {properties.Name}, is too old: its compute capability is {properties.Major}.{properties.Minor}, and 7.0 "
            + "(Volta, 2017) is needed, 8.0 (Ampere) for BF16; train with --device cpu.";

    private static void Check(DriverLibrary driver, CudaResult result, string call)
    {
        if (result != CudaResult.Success)
        {
            throw new CudaUnavailableException($"the NVIDIA driver does not describe its devices: {call} returned {driver.Describe(result)}");
        }
    }
}
