using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Images;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <summary>
/// Hand-written CUDA kernels, on NVIDIA's driver or on the emulator. An operation here chooses a kernel and launches it; what it computes
/// stands in <c>kernels/</c>.
/// </summary>
/// <remarks>
/// One file per operation. <c>Products/</c>, <c>AttentionRoutes/</c> and <c>Norms/</c> say which kernel suits which sizes, <c>Kernels/</c>
/// finds it by name and type in the <c>Images/</c>, and <c>Launching/</c> has what every launch needs: grids, scratch memory, what moves
/// from step to step; it collects launches and replays them as graphs.
/// </remarks>
public sealed unsafe partial class CudaBackend : IBackend
{
    private const int MostParameterBytes = 512;

    private readonly ICudaDriver _driver;
    private readonly LaunchQueue? _queue;
    private readonly Dictionary<string, ICudaModule> _modules = [];

    // After a kernel has failed a GPU refuses every call with the same error. Nothing is given back then, so that what failed is what is
    // told; the driver takes all memory in the end.
    private bool _isLost;

    /// <summary>Starts the backend.</summary>
    /// <param name="driver">The device, which the backend owns.</param>
    /// <param name="name">The word that selects it: <c>cuda</c>, <c>emulator</c>.</param>
    /// <param name="options">How it works; null for as usual.</param>
    public CudaBackend(ICudaDriver driver, string name, CudaOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(driver);
        (_driver, Name) = (driver, name);
        _productTile = options?.ProductTile;
        _normSharedBytes = options?.SharedBytesPerBlock ?? driver.Properties.SharedBytesPerBlock;
        _queue = options is { Graphs: false } ? null : new LaunchQueue(driver);
        _states = new StepStates((nint)driver.Allocate(StepStates.Bytes));
        _reports = new IndexReports(driver.AllocatePinned(IndexReports.Bytes));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description => $"{Name} ({_driver.Properties.Name})";

    /// <inheritdoc/>
    public string Arithmetic => Description;

    /// <inheritdoc/>
    public long? FreeBytes => _driver.FreeBytes;

    /// <inheritdoc/>
    public Action<long>? BeforeAllocation { get; set; }

    /// <summary>The driver, for tests and reports.</summary>
    public ICudaDriver Driver => _driver;

    /// <inheritdoc/>
    public bool Supports(DType type) => type switch
    {
        DType.F64 => false,
        DType.BF16 => _driver.Properties.Capability >= 80,
        _ => true,
    };

    /// <inheritdoc/>
    /// <exception cref="OutOfDeviceMemoryException">The device has not that much.</exception>
    public nint Allocate(long bytes)
    {
        BeforeAllocation?.Invoke(bytes);
        try
        {
            return (nint)_driver.Allocate(bytes);
        }
        catch (OutOfCudaMemoryException exception)
        {
            throw new OutOfDeviceMemoryException(bytes, limit: null, report: null, exception);
        }
    }

    /// <inheritdoc/>
    public void Free(nint address, long bytes)
    {
        if (!_isLost)
        {
            Flush();
            _driver.Free((ulong)address);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="OutOfDeviceMemoryException">The host has not that much that can be pinned.</exception>
    public nint AllocateHost(long bytes)
    {
        if (FreeBytes is null)
        {
            BeforeAllocation?.Invoke(bytes);
        }

        try
        {
            return _driver.AllocatePinned(bytes);
        }
        catch (OutOfCudaMemoryException exception)
        {
            throw new OutOfDeviceMemoryException(bytes, limit: null, report: null, exception);
        }
    }

    /// <inheritdoc/>
    public void FreeHost(nint address, long bytes) => _driver.FreePinned(address);

    /// <inheritdoc/>
    public void Upload(nint destination, ReadOnlySpan<byte> source)
    {
        Flush();
        _states.Restart();
        _driver.CopyToDevice((ulong)destination, source);
    }

    /// <inheritdoc/>
    /// <exception cref="TensorException">A kernel met a wrong index since the last download.</exception>
    public void Download(Span<byte> destination, nint source)
    {
        Flush();
        _states.Restart();
        try
        {
            _driver.CopyToHost(destination, (ulong)source);
        }
        catch (CudaException)
        {
            _isLost = true;
            throw;
        }

        _reports.ThrowIfAny();
    }

    /// <inheritdoc/>
    /// <exception cref="TensorException">A kernel met a wrong index since the last download.</exception>
    public void Synchronize()
    {
        Flush();
        _states.Restart();
        _driver.Synchronize();
        _reports.ThrowIfAny();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isLost)
        {
            _queue?.Dispose();
        }

        _driver.Dispose(); // with all its memory and modules
    }

    /// <summary>A kernel; looked up once by whoever launches it.</summary>
    internal CudaKernel Kernel(string image, string name)
    {
        if (!_modules.TryGetValue(image, out ICudaModule? module))
        {
            module = _driver.Load(image, KernelImages.Read(image, _driver.Properties.Capability >= 80 ? 80 : 70));
            _modules.Add(image, module);
        }

        return module.Kernel(name);
    }

    /// <summary>Puts a launch in the stream.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="shape">Blocks, threads, shared memory.</param>
    /// <param name="parameters">Outputs, inputs, scalars, as the kernel declares them.</param>
    private void Launch(CudaKernel kernel, in LaunchShape shape, params ReadOnlySpan<KernelParameter> parameters)
    {
        Span<byte> packed = stackalloc byte[MostParameterBytes];
        int bytes = KernelParameter.Pack(parameters, packed);
        if (_queue is null)
        {
            _driver.Launch(kernel, shape, packed[..bytes]);
            return;
        }

        _queue.Add(kernel, shape, packed[..bytes]);
        if (_queue.IsFull)
        {
            Flush();
        }
    }

    /// <summary>Hands queued launches to the driver, the states that they read first. States stay where they are: an operation may be under way.</summary>
    private void Flush()
    {
        if (_queue is { IsEmpty: false })
        {
            try
            {
                for (int index = 0; index < _states.Count; index++)
                {
                    Put(index);
                }

                _queue.Flush();
            }
            catch (CudaException)
            {
                _isLost = true;
                throw;
            }
        }
    }
}
