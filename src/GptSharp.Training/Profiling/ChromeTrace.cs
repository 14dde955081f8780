using System.Diagnostics;
using System.Text.Json;

namespace GptSharp.Training.Profiling;

/// <summary>
/// Writes a profile as Trace Event Format, the JSON that chrome://tracing and https://ui.perfetto.dev read: complete events ("X"), which
/// nest by their times on one track; step, phase, operation.
/// </summary>
internal static class ChromeTrace
{
    private const int Process = 1, Track = 1;

    public static void Write(Stream stream, Profiler profiler, string name)
    {
        long origin = profiler.Steps[0].Start;
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        Name("process_name", $"gptsharp {name}");
        Name("thread_name", "training");
        foreach (StepSpan step in profiler.Steps)
        {
            Event($"step {step.Number}", "step", step.Start, step.End, _ => { });
        }

        foreach (PhaseSpan phase in profiler.Phases)
        {
            Event(phase.Name, phase.IsHostWork ? "host" : "phase", phase.Start, phase.End, _ => { });
        }

        foreach (OpSpan operation in profiler.Operations)
        {
            string title = operation.IsReplay ? $"{operation.Name} (recompute)" : operation.Name;
            Event(title, "operation", operation.Start, operation.End, arguments =>
            {
                arguments.WriteString("output", operation.Output.ToString());
                arguments.WriteString("input", operation.Input.ToString());
                arguments.WriteNumber("flops", operation.Cost.Flops);
                arguments.WriteNumber("bytes", operation.Cost.Bytes);
            });
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Name(string kind, string value)
        {
            json.WriteStartObject();
            json.WriteString("name", kind);
            json.WriteString("ph", "M");
            json.WriteNumber("pid", Process);
            json.WriteNumber("tid", Track);
            json.WriteStartObject("args");
            json.WriteString("name", value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        // Times are in microseconds.
        void Event(string title, string category, long start, long end, Action<Utf8JsonWriter> writeArguments)
        {
            json.WriteStartObject();
            json.WriteString("name", title);
            json.WriteString("cat", category);
            json.WriteString("ph", "X");
            json.WriteNumber("ts", Microseconds(start - origin));
            json.WriteNumber("dur", Microseconds(end - start));
            json.WriteNumber("pid", Process);
            json.WriteNumber("tid", Track);
            json.WriteStartObject("args");
            writeArguments(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static double Microseconds(long ticks) => Math.Round(ticks * (1e6 / Stopwatch.Frequency), 3);
}
