using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Cuda;
using GptSharp.GpuBench.Limits;
using GptSharp.GpuBench.Suite;
using GptSharp.GpuBench.Timing;
using GptSharp.GpuBench.Training;

namespace GptSharp.GpuBench;

/// <summary>The file of results.</summary>
internal sealed class Results
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>What ran.</summary>
    public required DeviceProperties Device { get; init; }

    /// <summary>The latest CUDA that the driver knows; null on the emulator, whose times say nothing about a GPU.</summary>
    public required string? DriverVersion { get; init; }

    /// <summary>Whether shapes were small.</summary>
    public required bool IsSmall { get; init; }

    /// <summary>When.</summary>
    public required string Date { get; init; }

    /// <summary>What failed, one sentence each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>What the device can do at best, measured.</summary>
    public DeviceLimits? Limits { get; set; }

    /// <summary>Whether the kernels are right.</summary>
    public ConformanceSummary? Conformance { get; set; }

    /// <summary>Times of every operation, with its kernels: of training steps, and of what these do not launch.</summary>
    public IReadOnlyList<ModelTimes> Models { get; set; } = [];

    /// <summary>Every kernel once, by name.</summary>
    public IReadOnlyList<KernelSummary> Kernels { get; set; } = [];

    /// <summary>Kernels of the device's image that nothing of this launched: where one spills, a smaller one serves in its place.</summary>
    public string[] KernelsNotTimed { get; set; } = [];

    /// <summary>Speed of training.</summary>
    public TrainingSpeed? Training { get; set; }

    /// <summary>Writes the file.</summary>
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format) + "\n");
}
