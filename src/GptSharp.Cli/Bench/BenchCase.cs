using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Speed;

namespace GptSharp.Cli.Bench;

/// <summary>Something whose time is measured.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Flops">Floating-point operations of one run.</param>
/// <param name="Bytes">Bytes that one run moves at least.</param>
/// <param name="Stream">The stream over memory that it is compared with; null for one that arithmetic bounds.</param>
/// <param name="InBF16">Whether its arithmetic is that of BF16 dot products, where the processor has them.</param>
/// <param name="Prepare">Makes its operands on an engine, and gives what one run does.</param>
internal sealed record BenchCase(
    string Name, double Flops, double Bytes, StreamKind? Stream, bool InBF16, Func<Engine, Action> Prepare)
{
    /// <summary>What bounds it.</summary>
    public string Limit => Stream switch
    {
        StreamKind.Read => "read",
        StreamKind.Triad => "triad",
        StreamKind.Update => "update stream",
        _ => UsesDotProducts ? "bf16 peak" : "fp32 peak",
    };

    private bool UsesDotProducts => InBF16 && CpuFeatures.IsAvailable(SimdPath.Avx512BF16);

    /// <summary>Seconds that one run needs at what its limit measures now.</summary>
    public double Floor(int threads)
    {
        SimdPath path = CpuFeatures.Select();
        return Stream is { } stream
            ? Bytes / CpuSpeed.BytesPerSecondNow(threads, path, stream)
            : Flops / (UsesDotProducts ? CpuSpeed.DotProductFlopsPerSecondNow(threads)!.Value : CpuSpeed.FlopsPerSecondNow(threads, path));
    }
}
