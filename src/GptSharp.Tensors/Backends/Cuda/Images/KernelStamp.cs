using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace GptSharp.Tensors.Backends.Cuda.Images;

/// <summary>
/// The first line of a compiled kernel file, by which <c>kernels/build.sh</c> says what it was made from: the hash of the source, of what
/// that includes and of the flags.
/// </summary>
/// <param name="SourceHash">SHA-256 in hexadecimal.</param>
/// <param name="Compiler">The compiler's own line about its version.</param>
public sealed partial record KernelStamp(string SourceHash, string Compiler)
{
    private const int LinesWithFlags = 12;

    /// <summary>Reads the stamp of a PTX file; null if it has none.</summary>
    public static KernelStamp? Read(string ptx) =>
        Line.Match(ptx) is { Success: true } match ? new KernelStamp(match.Groups[1].Value, match.Groups[2].Value) : null;

    /// <summary>The hash that a compilation of the source now would be stamped with.</summary>
    /// <param name="folder">The folder with <c>build.sh</c> and the sources.</param>
    /// <param name="name">The source in it, without extension: <c>add</c>, <c>ladder/matmul/01_naive</c>.</param>
    /// <param name="architecture"><c>sm_80</c> or <c>sm_70</c>.</param>
    /// <exception cref="IOException">A source is missing.</exception>
    public static string HashOf(string folder, string name, string architecture)
    {
        string script = File.ReadAllText(Path.Combine(folder, "build.sh"));
        string common = Flags.Match(script).Groups[1].Value;
        string feature = Regex.Match(script, $@"compile ""\$name"" {architecture} (\w+)").Groups[1].Value;
        string[] top = [.. File.ReadLines(Path.Combine(folder, name + ".cu")).Take(LinesWithFlags)];
        string own = string.Join('\n', top.Select(line => OwnFlags.Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string source in SourcesOf(folder, name + ".cu"))
        {
            hash.AppendData(File.ReadAllBytes(Path.Combine(folder, source)));
        }

        hash.AppendData(Encoding.UTF8.GetBytes($"{common} {own} {architecture} {feature}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What is wrong with a PTX file beside its source, in a sentence that says what to do; null if it is what the source compiles to.</summary>
    /// <param name="folder">The folder with <c>build.sh</c> and the sources.</param>
    /// <param name="name">The source in it, without extension.</param>
    /// <param name="architecture"><c>sm_80</c> or <c>sm_70</c>.</param>
    /// <param name="ptx">The file's text.</param>
    public static string? Mismatch(string folder, string name, string architecture, string ptx) =>
        Read(ptx) is not { } stamp
            ? $"{name}.ptx for {architecture} has no stamp of the source it was compiled from; run kernels/build.sh {name}."
            : stamp.SourceHash != HashOf(folder, name, architecture)
            ? $"{name}.ptx for {architecture} was compiled from another {name}.cu, or other headers or flags, than are there now; run kernels/build.sh {name}."
            : null;

    /// <summary>
    /// The same for a file that lies where <c>build.sh</c> puts its results, or beside a source of its name, than which it must not be older;
    /// null for one that lies elsewhere.
    /// </summary>
    /// <param name="file">For example <c>kernels/ptx/sm_80/add.ptx</c>.</param>
    /// <param name="ptx">The file's text.</param>
    public static string? MismatchBesideSource(string file, string ptx)
    {
        if (Result.Match(Path.GetFullPath(file).Replace('\\', '/')) is not { Success: true } place)
        {
            string source = Path.ChangeExtension(file, ".cu"), name = Path.GetFileName(file);
            return File.Exists(source) && File.GetLastWriteTimeUtc(source) > File.GetLastWriteTimeUtc(file)
                ? $"{name} is older than {Path.GetFileName(source)} beside it, which has changed since; compile it again, or, if nothing but its date did, touch {name}."
                : null;
        }

        (string folder, string architecture, string stem) = (place.Groups[1].Value, place.Groups[2].Value, place.Groups[3].Value);
        return File.Exists(Path.Combine(folder, "build.sh")) && File.Exists(Path.Combine(folder, stem + ".cu"))
            ? Mismatch(folder, stem, architecture, ptx)
            : null;
    }

    // The file and every header of ours that it includes, each once, in order of name.
    private static SortedSet<string> SourcesOf(string folder, string file)
    {
        SortedSet<string> found = new(StringComparer.Ordinal) { file };
        Queue<string> unread = new([file]);
        while (unread.TryDequeue(out string? next))
        {
            foreach (string line in File.ReadLines(Path.Combine(folder, next)))
            {
                if (Include.Match(line) is { Success: true } match && found.Add(match.Groups[1].Value))
                {
                    unread.Enqueue(match.Groups[1].Value);
                }
            }
        }

        return found;
    }

    [GeneratedRegex(@"\A// gptsharp source ([0-9a-f]{64}) compiler (.+)")]
    private static partial Regex Line { get; }

    [GeneratedRegex(@"^(.*)/ptx/(sm_\d+)/(.+)\.ptx$")]
    private static partial Regex Result { get; }

    [GeneratedRegex(@"^flags=\((.*)\)$", RegexOptions.Multiline)]
    private static partial Regex Flags { get; }

    [GeneratedRegex("^// flags: (.*)$")]
    private static partial Regex OwnFlags { get; }

    [GeneratedRegex("^#include \"(.*)\"")]
    private static partial Regex Include { get; }
}
