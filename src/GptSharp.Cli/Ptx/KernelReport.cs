using System.Globalization;
using GptSharp.Cli.Commands;
using GptSharp.Files.Safetensors;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cli.Ptx;

/// <summary>How to report a launch.</summary>
/// <param name="IsJson">As one JSON object.</param>
/// <param name="IsAnnotated">With what each line did.</param>
/// <param name="Gpu">With what would bound it on this GPU; or null.</param>
internal sealed record KernelReportOptions(bool IsJson, bool IsAnnotated, GpuModel? Gpu);

/// <summary>Tells a person what a launch did.</summary>
internal static class KernelReport
{
    private const int ShownValues = 8;

    public static void Write(
        LaunchReport report,
        PtxRunCommand.Request request,
        IReadOnlyList<KernelOutput> outputs,
        string ptx,
        KernelReportOptions options,
        CommandOutput output)
    {
        if (options.IsJson)
        {
            KernelJson.Write(report, request, options, output.Out);
            return;
        }

        foreach (Finding finding in report.Findings)
        {
            output.Error.WriteLine($"gptsharp: {request.Path}: {finding}");
        }

        if (report.Counters is not { } counters)
        {
            return;
        }

        TextWriter writer = output.Out;
        if (options.IsAnnotated)
        {
            AnnotatedPtx.Write(counters, ptx, writer);
            writer.WriteLine();
        }

        WriteLaunch(report, counters, request, writer);
        WriteClasses(counters, writer);
        WriteMemory(counters, writer);
        if (options.Gpu is { } gpu)
        {
            WriteModel(Roofline.Model(counters, gpu), writer);
        }

        WriteOutputs(outputs, writer);
    }

    private static void WriteLaunch(LaunchReport report, LaunchCounters counters, PtxRunCommand.Request request, TextWriter writer)
    {
        string checks = request.Options.Checks switch
        {
            Checks.All => "all",
            Checks.None => "bounds and alignment only",
            _ => request.Options.Checks.ToString(),
        };
        string verdict = report.Findings.Count == 0 ? "nothing found" : $"{report.Findings.Count} found";
        var table = new TextTable("", "");
        table.Add("kernel", report.Kernel);
        table.Add("grid", $"{request.Grid} = {Count(counters.Blocks)} blocks of {request.Block} = {Count(counters.ThreadsPerBlock)} threads");
        table.Add("checks", $"{checks}: {verdict}");
        table.Add("instructions", $"{Count(counters.WarpInstructions)} of warps, {Percent(counters.ActiveLaneShare)} of the lanes active");
        table.Add("registers", $"{counters.MaxLiveRegisters} alive at once; an assembler usually needs up to a quarter more");
        table.Add("shared memory", $"{Count(counters.SharedBytesPerBlock)} bytes per block");
        table.Add("emulated in", $"{report.Elapsed.TotalMilliseconds.ToString("N1", CultureInfo.InvariantCulture)} ms on this machine's processor, which says nothing about a GPU");
        table.Write(writer);
        writer.WriteLine();
    }

    private static void WriteClasses(LaunchCounters counters, TextWriter writer)
    {
        var table = new TextTable("instructions", ">of warps", ">share", ">of lanes");
        IEnumerable<(InstructionClass Class, long Count)> classes = Enum.GetValues<InstructionClass>()
            .Select(value => (value, counters.Count(value)))
            .Where(pair => pair.Item2 > 0)
            .OrderByDescending(pair => pair.Item2);
        foreach ((InstructionClass value, long count) in classes)
        {
            table.Add(Words(value), Count(count), Percent((double)count / counters.WarpInstructions), Count(counters.CountLanes(value)));
        }

        table.Write(writer);
        writer.WriteLine();
    }

    private static void WriteMemory(LaunchCounters counters, TextWriter writer)
    {
        InstructionAccesses accesses = counters.Accesses;
        var table = new TextTable("memory", "");
        if (accesses.GlobalRequests > 0)
        {
            double ideal = (double)accesses.GlobalBytes / 32 / accesses.GlobalRequests;
            table.Add("global requests", $"{Count(accesses.GlobalRequests)}, {Number(counters.SectorsPerRequest)} sectors each ({Number(ideal)} would hold the bytes)");
            table.Add("global bytes", $"{Count(accesses.GlobalBytes)} requested; {Count(counters.UniqueBytesLoaded)} different ones loaded, {Count(counters.UniqueBytesStored)} stored");
        }

        if (accesses.SharedRequests > 0)
        {
            table.Add("shared wavefronts", $"{Count(accesses.Wavefronts)} for {Count(accesses.SharedRequests)} requests ({Count(accesses.IdealWavefronts)} without bank conflicts)");
        }

        if (accesses.LocalRequests > 0)
        {
            table.Add("local requests", Count(accesses.LocalRequests));
        }

        if (accesses.Atomics > 0)
        {
            table.Add("atomic operations", Count(accesses.Atomics));
        }

        table.Write(writer);
        writer.WriteLine();
    }

    private static void WriteModel(Roofline model, TextWriter writer)
    {
        writer.WriteLine($"Model of {model.Gpu.Name}, not measured: bound by {model.Bound.Name}, {Number(model.Bound.Microseconds)} µs; absolute times are 30 to 50 % off.");
        writer.WriteLine(model.BlocksPerMultiprocessor == 0
            ? "A block does not fit: it needs more shared memory or registers than the GPU has."
            : $"{model.BlocksPerMultiprocessor} blocks fit on each of {model.Gpu.Multiprocessors} multiprocessors: the grid takes {Number(model.Waves)} waves.");
        var table = new TextTable("model", ">µs", "from");
        foreach (PipeTime pipe in model.Pipes.Where(pipe => pipe.Microseconds > 0))
        {
            table.Add(pipe.Name, Number(pipe.Microseconds), pipe.Formula);
        }

        table.Write(writer);
        writer.WriteLine();
    }

    private static void WriteOutputs(IReadOnlyList<KernelOutput> outputs, TextWriter writer)
    {
        foreach (KernelOutput output in outputs)
        {
            string shape = $"{output.Type.ToString().ToLowerInvariant()}[{string.Join(',', output.Shape)}]";
            long unwritten = (long)output.Buffer.ByteCount - output.Buffer.CountWrittenBytes();
            string rest = unwritten == 0 ? "" : $"  ({Count(unwritten)} bytes never written)";
            writer.WriteLine($"{output.Name} {shape}: {string.Join(' ', Values(output))}{rest}");
        }
    }

    private static IEnumerable<string> Values(KernelOutput output)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        IEnumerable<string> values = output.Type switch
        {
            SafetensorsType.F64 => Show<double>(value => value.ToString("G6", invariant)),
            SafetensorsType.F32 => Show<float>(value => value.ToString("G6", invariant)),
            SafetensorsType.F16 => Show<Half>(value => value.ToString("G4", invariant)),
            SafetensorsType.BF16 => Show<ushort>(value => BitConverter.UInt32BitsToSingle((uint)value << 16).ToString("G4", invariant)),
            SafetensorsType.I64 => Show<long>(value => value.ToString(invariant)),
            SafetensorsType.U64 => Show<ulong>(value => value.ToString(invariant)),
            SafetensorsType.I32 => Show<int>(value => value.ToString(invariant)),
            SafetensorsType.U32 => Show<uint>(value => value.ToString(invariant)),
            SafetensorsType.I16 => Show<short>(value => value.ToString(invariant)),
            SafetensorsType.U16 => Show<ushort>(value => value.ToString(invariant)),
            SafetensorsType.I8 => Show<sbyte>(value => value.ToString(invariant)),
            _ => Show<byte>(value => value.ToString(invariant)),
        };
        return values;

        IEnumerable<string> Show<T>(Func<T, string> text)
            where T : unmanaged
        {
            T[] all = output.Buffer.Read<T>();
            IEnumerable<string> shown = all.Take(ShownValues).Select(text);
            return all.Length > ShownValues ? shown.Append("…") : shown;
        }
    }

    private static string Words(InstructionClass value) => value switch
    {
        InstructionClass.FusedMultiplyAdd => "fused multiply-add",
        InstructionClass.SpecialFunction => "special functions",
        InstructionClass.AsyncCopy => "asynchronous copies",
        InstructionClass.Division => "exact division and roots",
        InstructionClass.Warp => "between lanes",
        _ => value.ToString().ToLowerInvariant(),
    };

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        value.ToString(value < 0.1 ? "G2" : value < 100 ? "0.0#" : "N0", CultureInfo.InvariantCulture);

    private static string Percent(double value) => value.ToString("P1", CultureInfo.InvariantCulture);
}
