using System.Text.RegularExpressions;

namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>What a mutation does to one statement.</summary>
public enum MutationKind
{
    /// <summary>A barrier, of the block or of a warp, is dropped.</summary>
    Barrier,

    /// <summary>A wait for asynchronous copies is dropped.</summary>
    Wait,

    /// <summary>An exclusive or, as swizzles have it, becomes a move.</summary>
    Swizzle,

    /// <summary>A comparison always holds.</summary>
    AlwaysTrue,

    /// <summary>A comparison never holds.</summary>
    AlwaysFalse,

    /// <summary>The last lane is missing in a mask of lanes.</summary>
    LaneMask,
}

/// <summary>A kernel with one statement changed.</summary>
/// <param name="Kind">The change.</param>
/// <param name="Role">What a comparison decides; null for other statements.</param>
/// <param name="Number">Which statement of its kind, counted from 1.</param>
/// <param name="Line">Its line in the module that the mutants of a kernel share.</param>
/// <param name="Changed">What stands there instead of the statement.</param>
/// <param name="Kernel">The lines of that module as they were.</param>
internal sealed partial record Mutant(MutationKind Kind, ComparisonRole? Role, int Number, int Line, string Changed, string[] Kernel)
{
    /// <summary>The statement as it was.</summary>
    public string Statement => Kernel[Line - 1].Trim();

    /// <summary>The whole module.</summary>
    public string Text => string.Join('\n', [.. Kernel.Take(Line - 1), Changed, .. Kernel.Skip(Line)]);

    /// <summary>Every mutant of a kernel.</summary>
    /// <param name="lines">The kernel, <see cref="Alone"/>.</param>
    /// <param name="kernel">The kernel's name.</param>
    public static IEnumerable<Mutant> Of(string[] lines, string kernel)
    {
        Dictionary<int, ComparisonRole> roles = ComparisonRoles.Of(PtxModule.Parse(string.Join('\n', lines)).Kernels[kernel].Syntax);
        var numbers = new Dictionary<MutationKind, int>();
        for (int i = 0; i < lines.Length; i++)
        {
            foreach ((MutationKind kind, string changed) in Mutations(lines[i].Trim()))
            {
                int number = numbers[kind] = numbers.GetValueOrDefault(kind) + 1;
                ComparisonRole? role = kind is MutationKind.AlwaysTrue or MutationKind.AlwaysFalse ? roles[i + 1] : null;
                yield return new(kind, role, number, i + 1, changed, lines);
            }
        }
    }

    /// <summary>The lines of a kernel with what stands outside functions: a module of dozens of kernels would be parsed for every mutant.</summary>
    public static string[] Alone(string ptx, string kernel)
    {
        var kept = new List<string>();
        bool isInFunction = false;
        bool isWanted = false;
        foreach (string line in ptx.Split('\n'))
        {
            if (line.Contains(".entry", StringComparison.Ordinal) || line.StartsWith(".func", StringComparison.Ordinal))
            {
                isInFunction = true;
                isWanted = line.Contains($" {kernel}(", StringComparison.Ordinal);
            }

            if (isWanted || !isInFunction)
            {
                kept.Add(line);
            }

            if (line.StartsWith('}'))
            {
                (isInFunction, isWanted) = (false, false);
            }
        }

        return [.. kept];
    }

    private static IEnumerable<(MutationKind Kind, string Changed)> Mutations(string statement)
    {
        if (BarrierPattern().IsMatch(statement))
        {
            yield return (MutationKind.Barrier, "");
        }

        if (statement.StartsWith("cp.async.wait_group", StringComparison.Ordinal))
        {
            yield return (MutationKind.Wait, "");
        }

        if (XorPattern().Match(statement) is { Success: true } xor)
        {
            yield return (MutationKind.Swizzle, $"mov.b{xor.Groups[1].Value} {xor.Groups[2].Value}, {xor.Groups[3].Value};");
        }

        if (ComparePattern().Match(statement) is { Success: true } compare)
        {
            string predicate = compare.Groups[1].Value;
            yield return (MutationKind.AlwaysTrue, $"mov.pred {predicate}, 1;");
            yield return (MutationKind.AlwaysFalse, $"mov.pred {predicate}, 0;");
        }

        if (MaskPattern().Match(statement) is { Success: true } mask)
        {
            yield return (MutationKind.LaneMask, $"{mask.Groups[1].Value}2147483647;");
        }
    }

    [GeneratedRegex(@"^(bar\.sync|barrier\.sync|bar\.warp\.sync)\b")]
    private static partial Regex BarrierPattern();

    [GeneratedRegex(@"^xor\.b(32|64)\s+(\S+), (\S+), \S+;")]
    private static partial Regex XorPattern();

    /// <summary>A comparison and its predicate.</summary>
    [GeneratedRegex(@"^setp\.\S+\s+(%p\d+),")]
    public static partial Regex ComparePattern();

    [GeneratedRegex(@"^((?:shfl\.sync|bar\.warp\.sync|vote\.sync|redux\.sync|match\.\w+\.sync)\S*\s.*?)-1;")]
    private static partial Regex MaskPattern();
}
