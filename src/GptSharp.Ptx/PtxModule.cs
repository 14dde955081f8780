using System.Runtime.CompilerServices;
using GptSharp.Ptx.Execution;
using GptSharp.Ptx.Execution.Decoding;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx;

/// <summary>
/// A PTX module, to be launched on a <see cref="DeviceMemory"/>. Its variables get their places in a memory when it is first used
/// with it; kernels are decoded once and launched any number of times.
/// <code>
/// PtxModule module = PtxModule.Parse(text);
/// using var memory = new DeviceMemory();
/// DeviceBuffer x = memory.Allocate&lt;float&gt;(values, "x");
/// LaunchReport report = module.Launch("scale", new Dimensions(4), new Dimensions(256), [x, 1024, 0.5f], memory);
/// </code>
/// </summary>
public sealed class PtxModule
{
    private readonly Dictionary<string, PtxKernel> _kernels = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<DeviceMemory, LoadedModule> _loaded = [];

    // Of a module without variables in device memory: nothing in its programs depends on the memory, so that they are decoded once.
    private readonly Lazy<LoadedModule>? _everywhere;

    private PtxModule(ModuleSyntax syntax)
    {
        Syntax = syntax;
        if (!LoadedModule.HasVariables(syntax))
        {
            _everywhere = new Lazy<LoadedModule>(() => new LoadedModule(syntax, memory: null));
        }

        foreach (FunctionSyntax function in syntax.Functions)
        {
            if (function.IsEntry && function.Body is not null)
            {
                _kernels.TryAdd(function.Name, new PtxKernel(function));
            }
        }
    }

    /// <summary>The file as it was parsed.</summary>
    public ModuleSyntax Syntax { get; }

    /// <summary>The kernels, by name.</summary>
    public IReadOnlyDictionary<string, PtxKernel> Kernels => _kernels;

    /// <summary>Parses a module.</summary>
    /// <param name="text">The text of a PTX file.</param>
    /// <exception cref="PtxException">A statement is no PTX; the first one is named.</exception>
    public static PtxModule Parse(string text)
    {
        ModuleSyntax syntax = Parser.Parse(text);
        if (syntax.Refused.Count > 0)
        {
            RefusedStatement first = syntax.Refused[0];
            string others = syntax.Refused.Count == 1 ? "" : $" ({syntax.Refused.Count - 1} more statements are refused)";
            throw new PtxException($"{first.Span}: {first.Reason}{others}");
        }

        return new PtxModule(syntax);
    }

    /// <summary>The memory of a variable of the module, for example to fill a constant; null when it has none of that name.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="memory">The memory that the module is used with.</param>
    public DeviceBuffer? Variable(string name, DeviceMemory memory) => Load(memory).Variable(name);

    /// <summary>Launches a kernel and waits for its end.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="arguments">One per parameter, each of the parameter's size.</param>
    /// <param name="memory">The memory that its addresses mean.</param>
    /// <param name="options">How to launch; null for all checks on every core.</param>
    /// <exception cref="PtxException">No such kernel, or arguments or a shape that do not fit it.</exception>
    /// <exception cref="KernelFaultException">A mistake of the kernel.</exception>
    public LaunchReport Launch(
        string kernel,
        Dimensions grid,
        Dimensions block,
        ReadOnlySpan<KernelArgument> arguments,
        DeviceMemory memory,
        LaunchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (!_kernels.TryGetValue(kernel, out PtxKernel? found))
        {
            throw new PtxException($"The module has no kernel {kernel}; it has {(_kernels.Count == 0 ? "none" : string.Join(", ", _kernels.Keys))}.");
        }

        return Launch(found, grid, block, found.Pack(arguments), memory, options ?? new LaunchOptions());
    }

    /// <summary>Launches a kernel whose parameters lie packed already, as a driver has them.</summary>
    /// <param name="kernel">A kernel of this module.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="parameters">All parameters, each at its <see cref="KernelParameter.Offset"/>.</param>
    /// <param name="memory">The memory that its addresses mean.</param>
    /// <param name="options">How to launch; null for all checks on every core.</param>
    /// <exception cref="PtxException">Parameters or a shape that do not fit the kernel.</exception>
    /// <exception cref="KernelFaultException">A mistake of the kernel.</exception>
    public LaunchReport Launch(
        PtxKernel kernel, Dimensions grid, Dimensions block, ReadOnlySpan<byte> parameters, DeviceMemory memory, LaunchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(memory);
        if (parameters.Length != kernel.ParameterBytes)
        {
            throw new PtxException($"The kernel {kernel.Name} takes {kernel.ParameterBytes} bytes of parameters, not {parameters.Length}.");
        }

        return Launch(kernel, grid, block, parameters.ToArray(), memory, options ?? new LaunchOptions());
    }

    /// <summary>What a kernel needs, decoded if it was not yet.</summary>
    /// <param name="kernel">A kernel of this module.</param>
    /// <param name="memory">The memory that the module is used with.</param>
    /// <param name="options">The options that it will be launched with, so that it is decoded once.</param>
    public KernelResources Resources(PtxKernel kernel, DeviceMemory memory, LaunchOptions options)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(options);
        KernelProgram program = Program(kernel, Load(memory), options);
        return new KernelResources(program.MaximumLiveRegisters, program.StaticSharedBytes, program.LocalBytes);
    }

    /// <summary>Ends the life of the module's variables in a memory; a later launch begins with new ones.</summary>
    /// <param name="memory">The memory that the module was used with.</param>
    public void Unload(DeviceMemory memory)
    {
        if (_loaded.TryGetValue(memory, out LoadedModule? module))
        {
            _loaded.Remove(memory);
            module.FreeVariables(memory);
        }
    }

    private LaunchReport Launch(PtxKernel kernel, Dimensions grid, Dimensions block, byte[] parameters, DeviceMemory memory, LaunchOptions options)
    {
        LaunchLimits.Check(kernel, grid, block);
        try
        {
            KernelProgram program = Program(kernel, Load(memory), options);
            return GridRunner.Run(program, grid, block, parameters, memory, options);
        }
        catch (NotEmulatedException refusal)
        {
            throw new PtxException(refusal.Message);
        }
    }

    private static KernelProgram Program(PtxKernel kernel, LoadedModule loaded, LaunchOptions options) =>
        loaded.Program(kernel.Syntax, new ProgramOptions(options.Perturb, options.Mma));

    private LoadedModule Load(DeviceMemory memory) => _everywhere?.Value ?? _loaded.GetValue(memory, key => new LoadedModule(Syntax, key));
}
