using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Cli.Commands;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Ptx;

/// <summary>Tells a program what a launch did: one JSON object.</summary>
internal static class KernelJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write(LaunchReport report, PtxRunCommand.Request request, KernelReportOptions options, TextWriter writer)
    {
        LaunchCounters? counters = report.Counters;
        writer.WriteLine(JsonSerializer.Serialize(
            new
            {
                File = request.Path,
                report.Kernel,
                Grid = Extents(request.Grid),
                Block = Extents(request.Block),
                Passed = report.Findings.Count == 0,
                Findings = report.Findings.Select(finding => new
                {
                    finding.Kind,
                    finding.Message,
                    Block = Extents(finding.Block),
                    Thread = Extents(finding.Thread),
                    finding.Line,
                    finding.Statement,
                }),
                Counters = counters is null ? null : Describe(counters),
                Statements = options.IsAnnotated ? counters?.Statements : null,
                Model = options.Gpu is { } gpu && counters is not null ? Describe(Roofline.Model(counters, gpu)) : null,
            },
            Options));
    }

    private static object Describe(LaunchCounters counters)
    {
        InstructionAccesses accesses = counters.Accesses;
        return new
        {
            counters.Blocks,
            counters.ThreadsPerBlock,
            counters.SharedBytesPerBlock,
            counters.MaxLiveRegisters,
            counters.WarpInstructions,
            counters.ActiveLaneShare,
            ByClass = Enum.GetValues<InstructionClass>()
                .Select(value => (Name: JsonNamingPolicy.CamelCase.ConvertName(value.ToString()), Count: counters.Count(value)))
                .Where(pair => pair.Count > 0)
                .ToDictionary(pair => pair.Name, pair => pair.Count),
            MatrixInstructions = counters.Count(InstructionClass.Matrix),
            counters.MatrixOperations,
            accesses.GlobalRequests,
            accesses.Sectors,
            counters.SectorsPerRequest,
            BytesRequested = accesses.GlobalBytes,
            counters.UniqueBytesLoaded,
            counters.UniqueBytesStored,
            accesses.SharedRequests,
            SharedWavefronts = accesses.Wavefronts,
            IdealSharedWavefronts = accesses.IdealWavefronts,
            accesses.LocalRequests,
            accesses.Atomics,
        };
    }

    private static object Describe(Roofline model) => new
    {
        Label = "model",
        Gpu = model.Gpu.Name,
        Bound = model.Bound.Name,
        model.Bound.Microseconds,
        model.BlocksPerMultiprocessor,
        Waves = double.IsFinite(model.Waves) ? model.Waves : (double?)null,
        model.Pipes,
    };

    private static int[] Extents(Dimensions dimensions) => [dimensions.X, dimensions.Y, dimensions.Z];
}
