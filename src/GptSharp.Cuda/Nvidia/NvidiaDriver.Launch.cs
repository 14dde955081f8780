namespace GptSharp.Cuda.Nvidia;

/// <content>Modules, launches and graphs.</content>
internal sealed unsafe partial class NvidiaDriver
{
    private List<(CudaKernel Kernel, LaunchShape Shape)>? _capture;

    /// <inheritdoc/>
    public ICudaModule Load(string name, ReadOnlySpan<byte> ptx)
    {
        RefuseInCapture("load of a module");
        Enter();
        return new NvidiaModule(this, name, ptx);
    }

    /// <inheritdoc/>
    public void Launch(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        if (kernel is not NvidiaKernel own || own.Module.Driver != this)
        {
            throw DriverSentences.ForeignKernel(kernel);
        }

        Enter();
        own.AllowShared(shape);
        CudaResult result = Start(own, shape, parameters);
        if (result != CudaResult.Success)
        {
            throw LaunchFailure(own, shape, result);
        }

        (_lastKernel, _lastShape) = (own, shape);
        if (_capture is not null)
        {
            _capture.Add((kernel, shape));
            return;
        }

        _counts = _counts with { Launches = _counts.Launches + 1 };
        Launched?.Invoke(new KernelLaunch(kernel, shape, null));
    }

    /// <inheritdoc/>
    public void BeginCapture()
    {
        RefuseInCapture("capture");
        Enter();
        Check(Functions.StreamBeginCapture(Stream, CaptureMode.ThreadLocal), "cuStreamBeginCapture");
        _capture = [];
    }

    /// <inheritdoc/>
    public ICudaGraph EndCapture()
    {
        List<(CudaKernel Kernel, LaunchShape Shape)> launches = _capture ?? throw DriverSentences.NoCapture();
        _capture = null;
        Enter();
        nint graph;
        Check(Functions.StreamEndCapture(Stream, &graph), "cuStreamEndCapture");
        nint executable;
        CudaResult result = Functions.GraphInstantiate(&executable, graph, 0);
        Check(Functions.GraphDestroy(graph), "cuGraphDestroy");
        Check(result, "cuGraphInstantiateWithFlags");
        return new NvidiaGraph(this, executable, launches);
    }

    /// <inheritdoc/>
    public void Launch(ICudaGraph graph)
    {
        RefuseInCapture("launch of a graph");
        if (graph is not NvidiaGraph own || own.Driver != this)
        {
            throw DriverSentences.ForeignGraph();
        }

        Enter();
        Check(Functions.GraphLaunch(own.Handle, Stream), "cuGraphLaunch");
        _counts = _counts with { GraphLaunches = _counts.GraphLaunches + 1 };
        own.Tell(Launched);
    }

    // Parameters go as one packed buffer, which the driver copies before it returns.
    private CudaResult Start(NvidiaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        nuint bytes = (nuint)parameters.Length;
        fixed (byte* buffer = parameters)
        {
            nint* extra = stackalloc nint[5];
            extra[0] = LaunchParameter.BufferPointer;
            extra[1] = (nint)buffer;
            extra[2] = LaunchParameter.BufferSize;
            extra[3] = (nint)(&bytes);
            extra[4] = LaunchParameter.End;
            return Functions.LaunchKernel(
                kernel.Handle,
                (uint)shape.GridX,
                (uint)shape.GridY,
                (uint)shape.GridZ,
                (uint)shape.Threads,
                1,
                1,
                (uint)shape.SharedBytes,
                Stream,
                null,
                parameters.IsEmpty ? null : (void**)extra);
        }
    }

    private CudaException LaunchFailure(NvidiaKernel kernel, in LaunchShape shape, CudaResult result) =>
        Remedies.IsOfKernel(result) && _lastKernel is not null
            ? Failure(result, $"cuLaunchKernel of {kernel.Name} ({shape})")
            : new KernelFailedException(kernel, shape, $"cuLaunchKernel on {Properties.Name} returned {_library.Describe(result)}");
}
