using GptSharp.Ptx;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cuda.Emulation;

/// <summary>A kernel of an <see cref="EmulatedModule"/>.</summary>
internal sealed class EmulatedKernel(EmulatedModule module, PtxKernel kernel) : CudaKernel(kernel.Name)
{
    private KernelResources? _resources;

    /// <summary>The module that it belongs to.</summary>
    public EmulatedModule Module => module;

    /// <inheritdoc/>
    public override int ParameterBytes => kernel.ParameterBytes;

    /// <inheritdoc/>
    public override int Registers => Resources.MaxLiveRegisters;

    /// <inheritdoc/>
    public override int LocalBytes =>
        Resources.LocalBytes + (sizeof(int) * Math.Max(Resources.MaxLiveRegisters - module.Driver.Options.RegistersPerThread, 0));

    private KernelResources Resources =>
        _resources ??= module.Module.Resources(kernel, module.Driver.Memory, module.Driver.Options.ForLaunch(0));

    /// <summary>Refuses what a device would refuse before it starts the kernel.</summary>
    /// <exception cref="CudaException">The shape or the parameters do not fit.</exception>
    public void Check(in LaunchShape shape, int parameterBytes)
    {
        if (parameterBytes != ParameterBytes)
        {
            throw new CudaException($"The kernel {Name} takes {ParameterBytes} bytes of parameters; its launch passed {parameterBytes}.");
        }

        int most = module.Driver.Properties.SharedBytesPerBlock;
        if (shape.SharedBytes < 0 || shape.SharedBytes + Resources.StaticSharedBytes > most)
        {
            throw new CudaException(
                $"The kernel {Name} ({shape}) asks for {shape.SharedBytes} bytes of shared memory beside {Resources.StaticSharedBytes} of its own; "
                + $"a block of this device has {most}.");
        }
    }

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="KernelFailedException">It did something wrong.</exception>
    /// <exception cref="CudaException">It cannot be launched so.</exception>
    public LaunchReport Run(in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        EmulatorDriver driver = module.Driver;
        try
        {
            return module.Module.Launch(
                kernel,
                new Dimensions(shape.GridX, shape.GridY, shape.GridZ),
                new Dimensions(shape.Threads),
                parameters,
                driver.Memory,
                driver.Options.ForLaunch(shape.SharedBytes));
        }
        catch (KernelFaultException fault)
        {
            throw new KernelFailedException(this, shape, $"{fault.Message} (module {module.Name})", fault);
        }
        catch (PtxException refusal)
        {
            throw new CudaException($"The kernel {Name} of {module.Name} ({shape}) cannot be launched: {refusal.Message}", refusal);
        }
    }
}
