using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Kernels.Runs;

/// <summary>Tells a person what rungs did, in tables of at most 80 columns.</summary>
internal static class RungTables
{
    private const int Width = 80;

    /// <summary>Says what was computed, and the least that it takes.</summary>
    public static void WriteProblem(KernelFamily family, IReadOnlyList<int> shape, IReadOnlyList<RungResult> results, TextWriter writer)
    {
        WriteWrapped($"{family.Name} {string.Join(',', shape)}: {family.Formula}", "  ", writer);
        foreach (IGrouping<string, RungResult> ofType in results.GroupBy(result => result.Rung.TypeIn(family)))
        {
            KernelProblem problem = ofType.First().Problem;
            writer.WriteLine(
                $"at least {Format.Count((long)problem.Flops)} FLOP and, stored as {ofType.Key}, {Format.Count(problem.MinimumBytes)} bytes");
        }

        writer.WriteLine();
    }

    /// <summary>Rungs side by side.</summary>
    public static void WriteComparison(IReadOnlyList<RungResult> results, TextWriter writer)
    {
        WriteCounters(results, writer);
        WriteFindings(results, writer);
        WriteModel(results, writer);
        WriteMeasured(results, writer);
    }

    /// <summary>One rung with all its counters.</summary>
    public static void WriteOne(RungResult result, TextWriter writer)
    {
        WriteWrapped($"{result.Rung.Label}: {result.Rung.Header.Idea}", "", writer);
        writer.WriteLine($"kernel {result.Rung.Kernel.Name} of {result.Rung.File}");
        writer.WriteLine($"{result.Shape}: {(result.IsCorrect ? "correct, and nothing found" : "NOT CORRECT")}");
        writer.WriteLine();
        if (result.Counters is not null)
        {
            var table = new TextTable("counted", ">", "");
            foreach (string name in RungCounters.Names.Where(name => name != "modelled time"))
            {
                string mark = name == result.Rung.Header.Counter ? "<- what this rung is about" : "";
                table.Add(name, Number(result.Counter(name)), mark);
            }

            table.Write(writer);
            writer.WriteLine();
        }

        WriteFindings([result], writer);
        WriteModel([result], writer);
        WriteMeasured([result], writer);
    }

    /// <summary>A text in lines of the table's width, those after the first indented.</summary>
    public static void WriteWrapped(string text, string indent, TextWriter writer)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width)
            {
                writer.WriteLine(line);
                line = indent + word;
                continue;
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        writer.WriteLine(line);
    }

    private static void WriteCounters(IReadOnlyList<RungResult> results, TextWriter writer)
    {
        (string Top, string Below, string Counter)[] all =
        [
            (">sectors", "/request", "sectors per request"), (">bytes", "/minimum", "bytes over minimum"), (">bank", "conflicts", "bank conflicts"),
            (">instr", "/mma", "instructions per mma"), (">warp", "instr", "warp instructions"), (">live", "regs", "registers"),
        ];
        (string Top, string Below, string Counter)[] columns = [.. all.Where(column => results.Any(result => result.Counter(column.Counter) is not null))];
        var table = new TextTable(["rung", "correct", .. columns.Select(column => column.Top)]);
        table.Add(["", "", .. columns.Select(column => column.Below)]);
        foreach (RungResult result in results)
        {
            string verdict = result.IsCorrect ? "yes" : result.Wrong is null ? "–" : "NO";
            table.Add([result.Rung.Label, verdict, .. columns.Select(column => Short(result.Counter(column.Counter)))]);
        }

        table.Write(writer);
        writer.WriteLine();
    }

    private static void WriteFindings(IReadOnlyList<RungResult> results, TextWriter writer)
    {
        foreach (RungResult result in results)
        {
            if (result.Wrong is { } wrong)
            {
                WriteWrapped($"{result.Rung.Label} is not correct: {wrong}.", "  ", writer);
                writer.WriteLine();
            }
            else if (result.Shape is null)
            {
                WriteWrapped($"{result.Rung.Label} takes shapes with {string.Join(", ", result.Rung.Header.Needs)} only.", "  ", writer);
                writer.WriteLine();
            }
        }
    }

    private static void WriteModel(IReadOnlyList<RungResult> results, TextWriter writer)
    {
        RungResult[] counted = [.. results.Where(result => result.Counters is not null)];
        if (counted.Length == 0)
        {
            return;
        }

        writer.WriteLine("model, not measured: the busiest part of the GPU sets the time; only for ranking");
        var table = new TextTable(["rung", .. GpuModel.All.SelectMany(gpu => (string[])[$">{gpu.Name} µs", "bound"])]);
        foreach (RungResult result in counted)
        {
            table.Add([result.Rung.Label, .. GpuModel.All.SelectMany(gpu => Modelled(Roofline.Model(result.Counters!, gpu)))]);
        }

        table.Write(writer);
    }

    private static string[] Modelled(Roofline model) => model.BlocksPerMultiprocessor == 0
        ? ["–", "no room"]
        : [Number(model.Bound.Microseconds), model.Bound.Name switch
        {
            "special functions" => "special",
            "tensor cores" => "tensor",
            "shared memory" => "shared",
            "device memory" => "memory",
            string name => name,
        }];

    private static void WriteMeasured(IReadOnlyList<RungResult> results, TextWriter writer)
    {
        if (results.FirstOrDefault(result => result.Measured is not null)?.Measured is not { } any)
        {
            return;
        }

        writer.WriteLine();
        writer.WriteLine($"measured on {any.Device}: median of launches with a cold second-level cache");
        var table = new TextTable("rung", ">µs", ">of peak");
        foreach (RungResult result in results)
        {
            table.Add(
                result.Rung.Label,
                result.Measured is { } time ? Number(time.Microseconds) : "–",
                result.Measured?.Share is { } share ? share.ToString("P1", CultureInfo.InvariantCulture) : "–");
        }

        table.Write(writer);
    }

    // Six digits at most: six columns of them fit beside each other.
    private static string Short(double? value) => value switch
    {
        >= 1e9 => Number(Math.Round(value.Value / 1e9, 1)) + " G",
        >= 1e6 => Number(Math.Round(value.Value / 1e6, 1)) + " M",
        _ => Number(value),
    };

    private static string Number(double? value) => value switch
    {
        null => "–",
        { } number when number == Math.Floor(number) => Format.Count((long)number),
        { } number => number.ToString(number < 0.1 ? "G2" : number < 100 ? "0.0#" : "N0", CultureInfo.InvariantCulture),
    };
}
