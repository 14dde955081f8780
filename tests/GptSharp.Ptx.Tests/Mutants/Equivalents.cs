namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>
/// Mutants that no observer could tell from the kernel, each with the argument why: file, kernel, kind, number, argument, with
/// tabs in between.
/// </summary>
internal static class Equivalents
{
    private static readonly Lazy<HashSet<string>> Names = new(() =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Mutants", "equivalents.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t'))
            .Where(parts => parts is [_, _, _, _, { Length: > 0 }])
            .Select(parts => string.Join('\t', parts.Take(4))),
    ]);

    /// <summary>Whether a mutant has its argument.</summary>
    public static bool Explains(string name) => Names.Value.Contains(name);

    /// <summary>The mutants of some kinds that have an argument.</summary>
    public static IEnumerable<string> Of(MutationKind[] kinds) =>
        Names.Value.Where(name => kinds.Contains(Enum.Parse<MutationKind>(name.Split('\t')[2])));
}
