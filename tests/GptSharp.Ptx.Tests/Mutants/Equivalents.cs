namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>
/// Mutants that no observer could tell from the kernel, each with the argument why: file, kernel, kind, number, argument, with
/// tabs in between. <c>*</c> stands for every kernel of a file.
/// </summary>
internal static class Equivalents
{
    private static readonly Lazy<HashSet<string>> Names = new(() =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Mutants", "equivalents.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => string.Join('\t', line.Split('\t').Take(4))),
    ]);

    public static bool Explains(string name) => Names.Value.Contains(name);
}
