using System.Globalization;
using System.Text.RegularExpressions;
using GptSharp.Cuda;

namespace GptSharp.Cli.Kernels.Ladders;

/// <summary>
/// What the first comment lines of a rung say: its one idea, the counter that it improves, how it is launched, which shapes it takes and
/// how much scratch memory it wants. <c>docs/kernels.md</c> has the form.
/// </summary>
/// <param name="Idea">One sentence.</param>
/// <param name="Type">How numbers are stored: a word of <see cref="Families.KernelFamily.Types"/>, or null for the first of them.</param>
/// <param name="Counter">A name of <see cref="Runs.RungCounters"/>, or null.</param>
/// <param name="Grid">One to three expressions.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Shared">Bytes of dynamic shared memory.</param>
/// <param name="Needs">Conditions on the shape.</param>
/// <param name="Scratch">Bytes of scratch memory, or null for none.</param>
internal sealed partial record RungHeader(
    string Idea,
    string? Type,
    string? Counter,
    IReadOnlyList<string> Grid,
    string Threads,
    string Shared,
    IReadOnlyList<string> Needs,
    string? Scratch)
{
    private const int SearchedLines = 60;

    /// <summary>The form of a launch line, for error messages and help.</summary>
    public const string LaunchForm = "grid (N/128, M/128), block 256, shared 0";

    /// <summary>Reads the header of a source, or of a PTX file that carries one.</summary>
    /// <param name="file">What errors call it.</param>
    /// <param name="text">The file.</param>
    /// <param name="launch">A launch line that goes before the file's; null for none.</param>
    /// <exception cref="InvalidDataException">There is no launch line, or a line is wrong.</exception>
    public static RungHeader Parse(string file, string text, string? launch = null)
    {
        string[] comments = [.. text.Split('\n').Take(SearchedLines)
            .Where(line => line.StartsWith("// ", StringComparison.Ordinal))
            .Select(line => line[3..].TrimEnd())
            .Where(line => !line.StartsWith("gptsharp source ", StringComparison.Ordinal) && !line.StartsWith("flags: ", StringComparison.Ordinal))];
        string? Line(string key) => comments
            .FirstOrDefault(line => line.StartsWith(key + ": ", StringComparison.Ordinal))?[(key.Length + 2)..];

        launch ??= Line("launch") ?? throw new InvalidDataException(
            $"{file}: there is no line '// launch: {LaunchForm}' among its first comments, and no --launch on the command line.");
        Match match = LaunchLine().Match(launch);
        if (!match.Success)
        {
            throw new InvalidDataException($"{file}: the launch is '{launch}', but must have the form '{LaunchForm}'.");
        }

        string[] needs = Line("needs")?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (needs.FirstOrDefault(need => !Need().IsMatch(need)) is { } wrong)
        {
            throw new InvalidDataException($"{file}: it needs '{wrong}', but a condition has the form 'D = 64' or 'K % 8 = 0'.");
        }

        string idea = comments.FirstOrDefault(line => !Keyed().IsMatch(line)) ?? "";
        string shared = match.Groups["shared"] is { Success: true, Value: { } bytes } ? bytes : "0";
        return new(idea, Line("type"), Line("counter"), SplitTop(match.Groups["grid"].Value), match.Groups["block"].Value, shared, needs, Line("scratch"));
    }

    /// <summary>How it is launched for a shape.</summary>
    /// <exception cref="InvalidDataException">An expression is wrong.</exception>
    public LaunchShape LaunchShape(string file, IReadOnlyDictionary<string, int> shape)
    {
        int[] grid = [1, 1, 1];
        for (int i = 0; i < Grid.Count; i++)
        {
            grid[i] = Number(file, Grid[i], shape, atLeast: 1);
        }

        return new(grid[0], grid[1], grid[2], Number(file, Threads, shape, atLeast: 1), Number(file, Shared, shape, atLeast: 0));
    }

    /// <summary>Bytes of scratch memory for a shape, 0 for none.</summary>
    public long ScratchBytes(string file, IReadOnlyDictionary<string, int> shape) =>
        Scratch is null ? 0 : Number(file, Scratch, shape, atLeast: 1);

    /// <summary>The first condition that a shape does not meet, or null.</summary>
    public string? Unmet(IReadOnlyDictionary<string, int> shape) => Needs.FirstOrDefault(need =>
    {
        Match match = Need().Match(need);
        int value = shape.GetValueOrDefault(match.Groups["letter"].Value);
        int right = int.Parse(match.Groups["right"].Value, CultureInfo.InvariantCulture);
        return match.Groups["modulus"] is { Success: true, Value: { } modulus }
            ? value % int.Parse(modulus, CultureInfo.InvariantCulture) != right
            : value != right;
    });

    private static int Number(string file, string expression, IReadOnlyDictionary<string, int> shape, int atLeast)
    {
        long value;
        try
        {
            value = ShapeExpression.Evaluate(expression, shape);
        }
        catch (FormatException wrong)
        {
            throw new InvalidDataException($"{file}: the expression {wrong.Message}.", wrong);
        }

        return value >= atLeast && value <= int.MaxValue ? (int)value
            : throw new InvalidDataException($"{file}: '{expression}' is {value} for this shape, but must be from {atLeast} to {int.MaxValue}.");
    }

    // At commas that stand in no parentheses.
    private static List<string> SplitTop(string text)
    {
        List<string> parts = [];
        int depth = 0, start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            depth += i == text.Length ? 0 : text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        return parts;
    }

    [GeneratedRegex(@"^grid \((?<grid>.+)\), block (?<block>[^,]+?)(, shared (?<shared>.+))?$")]
    private static partial Regex LaunchLine();

    [GeneratedRegex(@"^(?<letter>[A-Z]) (% (?<modulus>[1-9][0-9]{0,8}) )?= (?<right>[0-9]{1,9})$")]
    private static partial Regex Need();

    [GeneratedRegex("^(type|counter|launch|needs|scratch): ")]
    private static partial Regex Keyed();
}
