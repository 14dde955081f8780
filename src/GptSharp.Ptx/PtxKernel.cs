using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx;

/// <summary>A kernel of a module.</summary>
public sealed class PtxKernel
{
    internal PtxKernel(FunctionSyntax syntax)
    {
        Syntax = syntax;
        var parameters = new List<KernelParameter>();
        long end = 0;
        foreach (VariableSyntax parameter in syntax.Parameters)
        {
            long offset = (end + parameter.Alignment - 1) / parameter.Alignment * parameter.Alignment;
            parameters.Add(new KernelParameter(parameter.Name, parameter.Type, (int)offset, (int)parameter.ByteLength));
            end = offset + parameter.ByteLength;
        }

        (Parameters, ParameterBytes) = (parameters, (int)end);
    }

    /// <summary>Its name.</summary>
    public string Name => Syntax.Name;

    /// <summary>Its declaration and body.</summary>
    public FunctionSyntax Syntax { get; }

    /// <summary>Its parameters.</summary>
    public IReadOnlyList<KernelParameter> Parameters { get; }

    /// <summary>Bytes of all parameters together.</summary>
    public int ParameterBytes { get; }

    /// <summary>Puts arguments where the kernel finds them.</summary>
    /// <exception cref="PtxException">Too many, too few, or of another size than the parameter.</exception>
    internal byte[] Pack(ReadOnlySpan<KernelArgument> arguments)
    {
        if (arguments.Length != Parameters.Count)
        {
            throw new PtxException($"The kernel {Name} takes {Parameters.Count} arguments, not {arguments.Length}.");
        }

        var bytes = new byte[ParameterBytes];
        for (int i = 0; i < arguments.Length; i++)
        {
            KernelParameter parameter = Parameters[i];
            ReadOnlySpan<byte> value = arguments[i].Bytes;
            if (value.Length != parameter.ByteCount)
            {
                throw new PtxException(
                    $"Argument {i} of the kernel {Name} has {value.Length} bytes; its parameter {parameter.Name} has {parameter.ByteCount}.");
            }

            value.CopyTo(bytes.AsSpan(parameter.Offset));
        }

        return bytes;
    }
}

/// <summary>A parameter of a kernel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, or that of its elements.</param>
/// <param name="Offset">Where it lies among the parameters.</param>
/// <param name="ByteCount">Its bytes.</param>
public sealed record KernelParameter(string Name, ScalarType Type, int Offset, int ByteCount);
