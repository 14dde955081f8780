using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Cli.Bench;
using GptSharp.Cli.Machine;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Cli.Commands;

/// <summary>What all benchmarks of the command line share: threads, time, a competitor, JSON.</summary>
internal sealed class BenchOptions
{
    private static readonly JsonSerializerOptions Style = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Option<int?> _threads = new("--threads") { Description = "Threads; one per processor if not given.", HelpName = "number" };
    private readonly Option<double> _seconds = new("--seconds") { Description = "How long to measure each.", HelpName = "seconds", DefaultValueFactory = _ => 3 };
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON instead of a table." };
    private readonly Option<string?> _against = new("--against")
    {
        Description = "A command that does the same work and prints one figure per line, milliseconds: it is run in turn with ours.",
        HelpName = "command",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_threads);
        command.Options.Add(_seconds);
        command.Options.Add(_against);
        command.Options.Add(_json);
    }

    /// <summary>Threads to measure with.</summary>
    /// <exception cref="ConfigurationException">Fewer than one.</exception>
    public int Threads(ParseResult parsed) => parsed.GetValue(_threads) switch
    {
        null => Environment.ProcessorCount,
        < 1 and { } few => throw new ConfigurationException($"{few} is no number of threads; at least 1 is needed.", "--threads"),
        { } threads => threads,
    };

    /// <summary>Measures one thing.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="run">One run.</param>
    /// <param name="floor">Measures the machine's limits, and gives the seconds that one run would need at them.</param>
    /// <param name="count">How many things are measured in all: a competitor can stand beside one only.</param>
    /// <exception cref="ConfigurationException">A competitor for several things, or no time.</exception>
    public BenchTiming Measure(ParseResult parsed, Action run, Func<double> floor, int count) =>
        BenchTiming.Measure(run, Seconds(parsed), floor, Competitor(parsed, count));

    /// <summary>Measures the only thing, which tells its own milliseconds; its floor is the caller's to tell.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="run">One run.</param>
    /// <exception cref="ConfigurationException">No time.</exception>
    public BenchTiming Measure(ParseResult parsed, Func<double> run) =>
        BenchTiming.Measure(run, Seconds(parsed), floor: null, Competitor(parsed, count: 1));

    /// <summary>How long to measure each thing.</summary>
    /// <exception cref="ConfigurationException">No time at all.</exception>
    public double Seconds(ParseResult parsed) => parsed.GetValue(_seconds) is > 0 and { } seconds
        ? seconds
        : throw new ConfigurationException($"{parsed.GetValue(_seconds)} is no time to measure; give a positive number of seconds.", "--seconds");

    /// <summary>Measures cases and writes them.</summary>
    public void Run(ParseResult parsed, IReadOnlyList<BenchCase> cases, CommandOutput output)
    {
        int threads = Threads(parsed);
        var limits = MeasuredLimits.Measure(threads);
        List<BenchRow> rows = [];
        foreach (BenchCase entry in cases)
        {
            using var engine = new Engine(new CpuBackend(threads));
            rows.Add(BenchRow.Of(entry, Measure(parsed, entry.Prepare(engine), () => entry.Floor(threads), cases.Count)));
        }

        Write(parsed, new BenchResult { Limits = limits, Rows = rows }, output);
    }

    /// <summary>Writes what was measured.</summary>
    public void Write(ParseResult parsed, BenchResult result, CommandOutput output)
    {
        if (parsed.GetValue(_json))
        {
            output.Out.WriteLine(JsonSerializer.Serialize(result, Style));
            return;
        }

        result.Write(output.Out);
    }

    private Func<IReadOnlyList<double>>? Competitor(ParseResult parsed, int count)
    {
        string? against = parsed.GetValue(_against);
        if (against is not null && count > 1)
        {
            throw new ConfigurationException($"a command can be measured against one thing, not {count}; name the one.", "--against");
        }

        return against is null ? null : new Competitor(against).Run;
    }
}
