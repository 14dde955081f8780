namespace GptSharp.Cuda.Nvidia;

/// <summary>A kernel of an <see cref="NvidiaModule"/>.</summary>
internal sealed unsafe class NvidiaKernel : CudaKernel
{
    // What every kernel may ask for; more must be allowed first.
    private int _allowedSharedBytes = 48 << 10;

    /// <summary>Asks the driver what its compiler made of the kernel.</summary>
    public NvidiaKernel(NvidiaModule module, string name, nint handle)
        : base(name)
    {
        (Module, Handle) = (module, handle);
        Registers = Ask(FunctionAttribute.Registers);
        LocalBytes = Ask(FunctionAttribute.LocalBytes);
    }

    /// <summary>The module that it belongs to.</summary>
    public NvidiaModule Module { get; }

    /// <summary>The driver's handle.</summary>
    public nint Handle { get; }

    /// <inheritdoc/>
    public override int ParameterBytes => 0;

    /// <inheritdoc/>
    public override int Registers { get; }

    /// <inheritdoc/>
    public override int LocalBytes { get; }

    /// <summary>Sees to it that a launch may have the shared memory that it asks for.</summary>
    public void AllowShared(in LaunchShape shape)
    {
        if (shape.SharedBytes <= _allowedSharedBytes)
        {
            return;
        }

        NvidiaDriver driver = Module.Driver;
        CudaResult result = driver.Functions.FunctionSetAttribute(Handle, FunctionAttribute.MostDynamicSharedBytes, shape.SharedBytes);
        if (result != CudaResult.Success)
        {
            throw driver.Failure(
                result, $"cuFuncSetAttribute for the shared memory of {Name} ({shape}; a block of the device has {driver.Properties.SharedBytesPerBlock})");
        }

        _allowedSharedBytes = shape.SharedBytes;
    }

    private int Ask(FunctionAttribute attribute)
    {
        int value;
        Module.Driver.Check(Module.Driver.Functions.FunctionGetAttribute(&value, attribute, Handle), "cuFuncGetAttribute");
        return value;
    }
}
