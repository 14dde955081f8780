using System.Text;

namespace GptSharp.Cuda.Nvidia;

/// <summary>A PTX file that the driver compiled for the device.</summary>
internal sealed unsafe class NvidiaModule : ICudaModule
{
    private const int LogBytes = 16 << 10;

    private readonly Dictionary<string, NvidiaKernel> _kernels = new(StringComparer.Ordinal);
    private nint _handle;

    /// <summary>Compiles a file. The driver keeps the result on disk, so that the next process is faster.</summary>
    /// <exception cref="CudaException">The driver refuses it; its compiler's words are in the message.</exception>
    public NvidiaModule(NvidiaDriver driver, string name, ReadOnlySpan<byte> ptx)
    {
        (Driver, Name) = (driver, name);
        byte[] text = [.. ptx, 0];
        var log = new byte[LogBytes];
        nint handle;
        CudaResult result;
        fixed (byte* start = text, words = log)
        {
            JitOption* options = stackalloc JitOption[] { JitOption.ErrorLogBuffer, JitOption.ErrorLogBufferBytes };
            void** values = stackalloc void*[2];
            values[0] = words;
            values[1] = (void*)LogBytes;
            result = driver.Functions.ModuleLoad(&handle, start, 2, options, values);
        }

        if (result != CudaResult.Success)
        {
            int length = Math.Max(log.AsSpan().IndexOf((byte)0), 0);
            string said = Encoding.UTF8.GetString(log, 0, length).Trim();
            CudaException failure = driver.Failure(result, $"cuModuleLoadDataEx of the module {name}");
            throw said.Length == 0 ? failure : new CudaException($"{failure.Message} The driver's compiler says: {said}", failure);
        }

        _handle = handle;
    }

    /// <summary>The driver that loaded it.</summary>
    public NvidiaDriver Driver { get; }

    /// <summary>What errors call it.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public CudaKernel Kernel(string name)
    {
        if (_kernels.TryGetValue(name, out NvidiaKernel? known))
        {
            return known;
        }

        Driver.RefuseInCapture("first use of a kernel");
        Driver.Enter();
        nint function;
        CudaResult result;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            result = Driver.Functions.ModuleGetFunction(&function, _handle, text);
        }

        if (result == CudaResult.NotFound)
        {
            throw new CudaException($"The module {Name} has no kernel {name}.");
        }

        Driver.Check(result, "cuModuleGetFunction");
        var kernel = new NvidiaKernel(this, name, function);
        if (kernel.LocalBytes > 0)
        {
            Driver.Log?.Invoke(DriverSentences.Spills(kernel));
        }

        _kernels.Add(name, kernel);
        return kernel;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle != 0 && !Driver.IsDisposed)
        {
            Driver.Enter();
            Driver.Note(Driver.Functions.ModuleUnload(_handle), "cuModuleUnload");
            _handle = 0;
        }
    }
}
