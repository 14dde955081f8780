using GptSharp.Cli.Display;
using GptSharp.Cli.Machine;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training.Profiling;

namespace GptSharp.Cli.Bench;

/// <summary>All that one benchmark found; null is what it did not look for.</summary>
internal sealed record BenchResult
{
    /// <summary>The processor.</summary>
    public string Processor { get; } = Machine.Processor.Name();

    /// <summary>The instructions that were used of it.</summary>
    public string Vectors { get; } = CpuFeatures.Select().ToString();

    /// <summary>What the machine can do at best.</summary>
    public MeasuredLimits? Limits { get; init; }

    /// <summary>Times.</summary>
    public IReadOnlyList<BenchRow>? Rows { get; init; }

    /// <summary>Evidence that the steps are whole, one for each.</summary>
    public IReadOnlyList<StepCheck>? Checks { get; init; }

    /// <summary>What threads are worth, for each step.</summary>
    public IReadOnlyList<StepScaling>? Scaling { get; init; }

    /// <summary>Where the time of steps goes, for each.</summary>
    public IReadOnlyList<ProfileReport>? Profiles { get; init; }

    /// <summary>What steps take of memory.</summary>
    public StepMemory? Memory { get; init; }

    /// <summary>How fast a model writes.</summary>
    public GenerationFigures? Generation { get; init; }

    /// <summary>Writes it for people.</summary>
    public void Write(TextWriter writer)
    {
        if (Rows is not null && Limits is not null)
        {
            BenchRow.Write(writer, Rows);
            writer.WriteLine();
            MeasuredLimits.Write(writer, [Limits]);
        }

        string[] lines =
        [
            .. (Checks ?? []).Zip(Rows ?? [], (check, row) => $"{row.Name}: {check}"),
            .. (Scaling ?? []).Select(scaling => scaling.ToString()),
            .. Memory is null ? Array.Empty<string>() : [Memory.ToString()],
            .. Generation is null ? Array.Empty<string>() : [Generation.ToString()],
        ];
        if (Rows is not null && lines.Length > 0)
        {
            writer.WriteLine();
        }

        foreach (string line in lines)
        {
            writer.WriteLine(line);
        }

        foreach (ProfileReport profile in Profiles ?? [])
        {
            writer.WriteLine();
            ProfileTable.Write(writer, profile);
        }
    }
}
