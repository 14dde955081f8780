using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using GptSharp.Ptx;

namespace GptSharp.Cuda.Emulation;

/// <summary>A PTX file as the emulator parsed it.</summary>
internal sealed class EmulatedModule : ICudaModule
{
    // By the hash of the text: a process that opens many drivers, as tests do, parses each file once.
    private static readonly ConcurrentDictionary<string, Lazy<PtxModule>> Parsed = new(StringComparer.Ordinal);

    private readonly Dictionary<string, EmulatedKernel> _kernels = new(StringComparer.Ordinal);

    /// <summary>Parses a file.</summary>
    /// <exception cref="CudaException">It is no PTX, or for a later device.</exception>
    public EmulatedModule(EmulatorDriver driver, string name, ReadOnlySpan<byte> ptx)
    {
        (Driver, Name) = (driver, name);
        try
        {
            Module = Parse(ptx);
        }
        catch (PtxException refusal)
        {
            throw new CudaException($"The module {name} cannot be compiled: {refusal.Message}", refusal);
        }

        CheckTarget(driver.Properties.Capability);
    }

    /// <summary>The driver that loaded it.</summary>
    public EmulatorDriver Driver { get; }

    /// <summary>What errors call it.</summary>
    public string Name { get; }

    /// <summary>The parsed file.</summary>
    public PtxModule Module { get; }

    /// <inheritdoc/>
    public CudaKernel Kernel(string name)
    {
        if (_kernels.TryGetValue(name, out EmulatedKernel? known))
        {
            return known;
        }

        if (!Module.Kernels.TryGetValue(name, out PtxKernel? syntax))
        {
            throw new CudaException($"The module {Name} has no kernel {name}; it has {string.Join(", ", Module.Kernels.Keys)}.");
        }

        var kernel = new EmulatedKernel(this, syntax);
        if (kernel.LocalBytes > 0)
        {
            Driver.Log?.Invoke(DriverSentences.Spills(kernel));
        }

        _kernels.Add(name, kernel);
        return kernel;
    }

    /// <inheritdoc/>
    public void Dispose() => Module.Unload(Driver.Memory);

    private static PtxModule Parse(ReadOnlySpan<byte> ptx)
    {
        string hash = Convert.ToHexString(SHA256.HashData(ptx));
        return Parsed.TryGetValue(hash, out Lazy<PtxModule>? known) ? known.Value : ParseFirst(hash, Encoding.UTF8.GetString(ptx));
    }

    private static PtxModule ParseFirst(string hash, string text) =>
        Parsed.GetOrAdd(hash, _ => new Lazy<PtxModule>(() => PtxModule.Parse(text))).Value;

    private void CheckTarget(int capability)
    {
        foreach (string target in Module.Syntax.Target?.Names ?? [])
        {
            if (target.StartsWith("sm_", StringComparison.Ordinal) && int.TryParse(target.AsSpan(3), out int needed) && needed > capability)
            {
                throw new CudaException($"The module {Name} is for {target}; this device is sm_{capability}.");
            }
        }
    }
}
