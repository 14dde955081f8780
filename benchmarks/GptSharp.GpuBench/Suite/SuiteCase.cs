using GptSharp.Cuda;
using GptSharp.OpCases;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.Products;
using GptSharp.TestKit;

namespace GptSharp.GpuBench.Suite;

/// <summary>A case and how it is run.</summary>
/// <param name="Name">Operation, case and precision.</param>
/// <param name="Case">The case.</param>
/// <param name="Precision">How its numbers are stored.</param>
internal sealed record SuiteCase(string Name, OpCase Case, Precision Precision)
{
    /// <summary>The tile that its matrix products are given; null for the one that their sizes ask for.</summary>
    public ProductTile? Tile { get; init; }

    /// <summary>The conformance suite.</summary>
    /// <param name="device">What it runs on.</param>
    /// <param name="isSmall">Whether the first case of each operation is enough.</param>
    public static IEnumerable<SuiteCase> All(DeviceProperties device, bool isSmall) =>
        from operation in OpSuite.Operations
        from opCase in isSmall ? operation.Cases.Take(1) : operation.Cases
        from suiteCase in Of(operation.Name, opCase, device)
        select suiteCase;

    /// <summary>A case in every precision that a device has.</summary>
    public static IEnumerable<SuiteCase> Of(string operation, OpCase opCase, DeviceProperties device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return from precision in OpSuite.Precisions
               where precision.Precision.Storage != DType.BF16 || device.Capability >= CudaDevices.OldestCapabilityForBF16
               select new SuiteCase($"{operation}, {opCase.Name}, {precision.Name}", opCase, precision.Precision);
    }
}
