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
/// <param name="Number">Which statement of its kind, counted from 1.</param>
/// <param name="Statement">The statement as it was.</param>
/// <param name="Text">The whole module.</param>
internal sealed partial record Mutant(MutationKind Kind, int Number, string Statement, string Text)
{
    /// <summary>Every mutant of a kernel.</summary>
    /// <param name="ptx">The module.</param>
    /// <param name="kernel">The kernel's name.</param>
    public static IEnumerable<Mutant> Of(string ptx, string kernel)
    {
        string[] lines = Alone(ptx, kernel);
        var numbers = new Dictionary<MutationKind, int>();
        for (int i = 0; i < lines.Length; i++)
        {
            foreach ((MutationKind kind, string changed) in Mutations(lines[i].Trim()))
            {
                int number = numbers[kind] = numbers.GetValueOrDefault(kind) + 1;
                string[] copy = [.. lines];
                copy[i] = changed;
                yield return new(kind, number, lines[i].Trim(), string.Join('\n', copy));
            }
        }
    }

    // The kernel with what stands outside functions: a module of dozens of kernels would be parsed for every mutant.
    private static string[] Alone(string ptx, string kernel)
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

    [GeneratedRegex(@"^setp\.\S+\s+(%p\d+),")]
    private static partial Regex ComparePattern();

    [GeneratedRegex(@"^((?:shfl\.sync|bar\.warp\.sync|vote\.sync|redux\.sync|match\.\w+\.sync)\S*\s.*?)-1;")]
    private static partial Regex MaskPattern();
}
