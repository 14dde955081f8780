using System.Globalization;
using GptSharp.Cuda;
using GptSharp.Nn;

namespace GptSharp.Cli.Kernels.Families;

/// <summary>A computation that many kernels do, each in its own way: the contract of a ladder.</summary>
internal abstract class KernelFamily
{
    /// <summary>Kinds of parameters, as error messages call them.</summary>
    public const string Pointer = "pointer", Integer = "int", Float = "float";

    /// <summary>The families that there are.</summary>
    public static IReadOnlyList<KernelFamily> All { get; } = [new MatmulFamily(), new AttentionFamily(), new LayerNormFamily()];

    /// <summary>Its name: the folder in <c>kernels/ladder</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it computes.</summary>
    public abstract string Formula { get; }

    /// <summary>The kernel's parameters in C++.</summary>
    public abstract string Signature { get; }

    /// <summary>Their kinds.</summary>
    public abstract IReadOnlyList<string> Contract { get; }

    /// <summary>The letters of a shape.</summary>
    public abstract IReadOnlyList<string> Letters { get; }

    /// <summary>The shape of a comparison.</summary>
    public abstract IReadOnlyList<int> DefaultShape { get; }

    /// <summary>How numbers may be stored, the usual way first.</summary>
    public abstract IReadOnlyList<string> Types { get; }

    /// <summary>Whether the time at best is that of the arithmetic, not of the memory.</summary>
    public abstract bool IsBoundByArithmetic { get; }

    /// <summary>The family of that name.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static KernelFamily Find(string name) => All.FirstOrDefault(family => family.Name == name)
        ?? throw new ConfigurationException(
            NearestName.Find(name, All.Select(family => family.Name)) is { } nearest
                ? $"there is no ladder '{name}'; did you mean '{nearest}'?"
                : $"there is no ladder '{name}'; there are {string.Join(", ", All.Select(family => family.Name))}.");

    /// <summary>Reads a shape.</summary>
    /// <exception cref="ConfigurationException">It is none of this family's.</exception>
    public int[] ParseShape(string? text)
    {
        if (text is null)
        {
            return [.. DefaultShape];
        }

        string[] parts = text.Split(',');
        var shape = new int[parts.Length];
        bool isRight = parts.Length == Letters.Count;
        for (int i = 0; i < parts.Length && isRight; i++)
        {
            isRight = int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]) && shape[i] > 0;
        }

        return isRight ? shape : throw new ConfigurationException(
            $"'{text}' is no shape of {Name}: expected {string.Join(',', Letters)}, for example {string.Join(',', DefaultShape)}.", source: "--shape");
    }

    /// <summary>A shape by its letters.</summary>
    public IReadOnlyDictionary<string, int> Named(IReadOnlyList<int> shape) =>
        Letters.Zip(shape).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);

    /// <summary>Inputs of a shape, always the same, and what a kernel shall make of them.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="type">One of <see cref="Types"/>.</param>
    public abstract KernelProblem NewProblem(IReadOnlyList<int> shape, string type);
}

/// <summary>Memory that a kernel is given: an input with its content, or an output, which nothing has written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ByteCount">Its bytes.</param>
/// <param name="Content">Its content; null for an output.</param>
internal sealed record ProblemBuffer(string Name, long ByteCount, byte[]? Content);

/// <summary>A computation to be done: what goes in, and how to tell whether what comes out is right.</summary>
internal abstract class KernelProblem
{
    /// <summary>Outputs, then inputs, in the order of the kernel's parameters.</summary>
    public abstract IReadOnlyList<ProblemBuffer> Buffers { get; }

    /// <summary>The numbers that follow them.</summary>
    public abstract IReadOnlyList<KernelParameter> Scalars { get; }

    /// <summary>Floating-point operations that have to be done.</summary>
    public abstract double Flops { get; }

    /// <summary>Bytes that have to be moved: each input once, each output once.</summary>
    public long MinimumBytes => Buffers.Sum(buffer => buffer.ByteCount);

    /// <summary>Compares outputs with sums in binary64; null if they are right, else what is wrong.</summary>
    /// <param name="outputs">The outputs' bytes, in order.</param>
    public abstract string? Check(IReadOnlyList<byte[]> outputs);

    /// <summary>What is wrong with an element, if anything.</summary>
    protected static string? Judge(string element, double actual, double expected, double tolerance) =>
        Math.Abs(actual - expected) <= tolerance ? null : string.Create(
            CultureInfo.InvariantCulture, $"{element} is {actual:G6}, but must be {expected:G6} within {tolerance:G2}");
}
