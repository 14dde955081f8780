using System.Globalization;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Ptx;

/// <summary>
/// A kernel's PTX with what each line did beside it: how many warps executed it, how many of their lanes were active, what its
/// addresses cost. A remark names what is worth a look, in words, so that the last row of a classroom can read it.
/// </summary>
internal static class AnnotatedPtx
{
    private const int BarWidth = 8;
    private const double Half = 0.5;

    public static void Write(LaunchCounters counters, string ptx, TextWriter writer)
    {
        Dictionary<int, StatementCounters> byLine = counters.Statements
            .Where(statement => statement.Line > 0)
            .GroupBy(statement => statement.Line)
            .ToDictionary(group => group.Key, Combine);
        string[] lines = ptx.Split('\n');
        long most = Math.Max(1, byLine.Values.Max(statement => statement.Executions));
        writer.WriteLine($"{"line",5}  {"warps",11}  {"",-BarWidth}  {"lanes",5}  PTX");
        int previous = 0;
        double share = 1;
        foreach (int line in Shown(byLine.Keys, lines))
        {
            if (previous > 0 && line > previous + 1)
            {
                writer.WriteLine();
            }

            previous = line;
            string code = lines[line - 1].Replace("\t", "    ", StringComparison.Ordinal).TrimEnd();
            if (byLine.TryGetValue(line, out StatementCounters? statement))
            {
                // Divergence is worth a remark where it begins.
                string remark = string.Join("; ", Remarks(statement, statement.ActiveLaneShare != share));
                share = statement.ActiveLaneShare;
                writer.WriteLine($"{Beside(line, statement, most)}  {code}{(remark.Length > 0 ? $"   ◄ {remark}" : "")}".TrimEnd());
            }
            else
            {
                writer.WriteLine($"{line,5}  {"",11}  {"",-BarWidth}  {"",5}  {code}".TrimEnd());
            }
        }
    }

    // From the first statement of each stretch to its last, with the labels in between.
    private static IEnumerable<int> Shown(IEnumerable<int> counted, string[] lines)
    {
        const int gap = 12;
        int previous = -1;
        foreach (int line in counted.Order())
        {
            int first = previous < 0 || line - previous > gap ? line : previous + 1;
            for (int i = first; i <= Math.Min(line, lines.Length); i++)
            {
                if (i == line || lines[i - 1].TrimEnd().EndsWith(':'))
                {
                    yield return i;
                }
            }

            previous = line;
        }
    }

    private static string Beside(int line, StatementCounters statement, long most)
    {
        string bar = new('█', (int)Math.Ceiling(BarWidth * (double)statement.Executions / most));
        string lanes = statement.Executions == 0 ? "" : statement.ActiveLaneShare.ToString("0%", CultureInfo.InvariantCulture);
        string executions = statement.Executions == 0 ? "never" : Count(statement.Executions);
        return $"{line,5}  {executions,11}  {bar,-BarWidth}  {lanes,5}";
    }

    private static IEnumerable<string> Remarks(StatementCounters statement, bool isNewShare)
    {
        InstructionAccesses accesses = statement.Accesses;
        if (isNewShare && statement.ActiveLaneShare <= Half)
        {
            yield return $"DIVERGED: {(32 * statement.ActiveLaneShare).ToString("0.#", CultureInfo.InvariantCulture)} of 32 lanes work";
        }

        if (accesses.GlobalRequests > 0)
        {
            double sectors = (double)accesses.Sectors / accesses.GlobalRequests;
            double ideal = Math.Max(1, (double)accesses.GlobalBytes / 32 / accesses.GlobalRequests);
            string text = sectors == 1 ? "1 sector" : $"{sectors.ToString("0.#", CultureInfo.InvariantCulture)} sectors";
            yield return sectors > 1.2 * ideal ? $"SCATTERED: {text} where {Math.Ceiling(ideal).ToString("0", CultureInfo.InvariantCulture)} would do" : text;
        }

        if (accesses.SharedRequests > 0 && accesses.Wavefronts > accesses.IdealWavefronts)
        {
            double ways = (double)accesses.Wavefronts / accesses.IdealWavefronts;
            yield return $"BANK CONFLICT: {ways.ToString("0.#", CultureInfo.InvariantCulture)} wavefronts instead of 1";
        }

        if (accesses.Atomics > 0)
        {
            yield return $"{Count(accesses.Atomics)} atomics";
        }
    }

    private static StatementCounters Combine(IEnumerable<StatementCounters> statements)
    {
        StatementCounters[] all = [.. statements];
        InstructionAccesses accesses = default;
        foreach (StatementCounters statement in all)
        {
            accesses.Add(statement.Accesses);
        }

        StatementCounters most = all.MaxBy(statement => statement.Executions)!;
        return most with { Accesses = accesses };
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
