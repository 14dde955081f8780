using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Cli.Kernels.Runs;
using GptSharp.Cli.Ptx;
using GptSharp.Nn;
using GptSharp.Ptx;
using GptSharp.Ptx.Syntax;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Cli.Kernels.Ladders;

/// <summary>A kernel that keeps a family's contract: a rung of the ladder, or a user's own.</summary>
/// <param name="Number">Its number on the ladder; null for a user's own.</param>
/// <param name="Name">Its name, for example <c>naive</c>.</param>
/// <param name="File">What errors call it.</param>
/// <param name="Header">What its first lines say.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="Ptx">Its PTX.</param>
internal sealed record Rung(int? Number, string Name, string File, RungHeader Header, PtxKernel Kernel, string Ptx)
{
    /// <summary>How its numbers are stored.</summary>
    public string TypeIn(KernelFamily family) => Header.Type ?? family.Types[0];

    /// <summary>As tables call it.</summary>
    public string Label => Number is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number} {Name}") : Name;

    /// <summary>The ladder of a family, lowest rung first.</summary>
    public static IReadOnlyList<Rung> Ladder(KernelFamily family)
    {
        string folder = $"ladder/{family.Name}/";
        return [.. KernelFiles.Paths.Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.EndsWith(".cu", StringComparison.Ordinal)).Select(Load)];

        Rung Load(string path)
        {
            string stem = path[..^".cu".Length];
            string[] words = stem[folder.Length..].Split('_', 2);
            string file = $"kernels/{path}";
            return New(
                family, int.Parse(words[0], CultureInfo.InvariantCulture), words[1].Replace('_', ' '), file,
                RungHeader.Parse(file, KernelFiles.Read(path)), KernelImages.ReadText(stem));
        }
    }

    /// <summary>A user's kernel.</summary>
    /// <param name="family">Whose contract it keeps.</param>
    /// <param name="file">A .cu or .ptx file.</param>
    /// <param name="launch">A launch line instead of the file's own; or null.</param>
    /// <exception cref="InvalidDataException">It cannot be compiled or parsed, or breaks the contract.</exception>
    public static Rung FromFile(KernelFamily family, string file, string? launch)
    {
        bool isSource = Path.GetExtension(file) is ".cu";
        if (!isSource && Path.GetExtension(file) is not ".ptx")
        {
            throw new ConfigurationException($"{file} is neither a .cu nor a .ptx file.", source: "--add");
        }

        string text = isSource ? System.IO.File.ReadAllText(file).TrimEnd('\0') : PtxFile.Read(file);
        RungHeader header = RungHeader.Parse(file, text, launch);
        return New(family, number: null, Path.GetFileName(file), file, header, isSource ? ClangCompiler.Compile(file, text) : text);
    }

    /// <summary>The rung that a word means: a number or a name.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static Rung Find(KernelFamily family, IReadOnlyList<Rung> rungs, string word) =>
        rungs.FirstOrDefault(rung => rung.Number?.ToString(CultureInfo.InvariantCulture) == word || rung.Name == word)
        ?? throw new ConfigurationException(
            $"the ladder {family.Name} has no rung '{word}'; it has {string.Join(", ", rungs.Select(rung => rung.Label))}; a file of yours is given with --add.", source: "--rung");

    private static Rung New(KernelFamily family, int? number, string name, string file, RungHeader header, string ptx)
    {
        PtxModule module;
        try
        {
            module = PtxModule.Parse(ptx);
        }
        catch (PtxException refusal)
        {
            throw new InvalidDataException($"{file}: {Format.Printable(refusal.Message)}", refusal);
        }

        PtxKernel kernel = module.Kernels.Count == 1 ? module.Kernels.Values.Single() : throw new InvalidDataException(
            module.Kernels.Count == 0 ? $"{file} has no kernel." : $"{file} has {module.Kernels.Count} kernels ({string.Join(", ", module.Kernels.Keys)}), but a rung is one.");
        CheckSignature(family, file, header, kernel);
        if (header.Type is { } type && !family.Types.Contains(type))
        {
            throw new InvalidDataException($"{file}: the type is '{type}', but {family.Name} has {string.Join(" and ", family.Types)}.");
        }

        if (header.Counter is { } counter && !RungCounters.Names.Contains(counter))
        {
            throw new InvalidDataException($"{file}: there is no counter '{counter}'; there are {string.Join(", ", RungCounters.Names)}.");
        }

        return new Rung(number, name, file, header, kernel, ptx);
    }

    private static void CheckSignature(KernelFamily family, string file, RungHeader header, PtxKernel kernel)
    {
        string scratch = header.Scratch is null ? "" : ", void *scratch";
        string[] expected = [.. family.Contract, .. header.Scratch is null ? Array.Empty<string>() : [KernelFamily.Pointer]];
        string[] actual = [.. kernel.Parameters.Select(TypeOf)];
        if (!expected.SequenceEqual(actual))
        {
            throw new InvalidDataException(
                $"{file}: the kernel {kernel.Name} takes ({string.Join(", ", actual)}), but a rung of {family.Name} takes ({family.Signature}{scratch}), "
                + $"which is ({string.Join(", ", expected)}).");
        }
    }

    private static string TypeOf(KernelParameter parameter) => parameter switch
    {
        { Type: ScalarType.F32, ByteCount: sizeof(float) } => KernelFamily.Float,
        { Type: not ScalarType.F64, ByteCount: sizeof(long) } => KernelFamily.Pointer,
        { ByteCount: sizeof(int) } => KernelFamily.Integer,
        _ => $"{parameter.Type.ToString().ToLowerInvariant()} of {parameter.ByteCount} bytes",
    };
}
