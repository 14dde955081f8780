using System.Globalization;

namespace GptSharp.GpuBench.Timing;

/// <summary>Operations that were measured together.</summary>
/// <param name="Model">The model whose training step they are, or what else they are.</param>
/// <param name="Operations">They themselves, those that take longest first.</param>
internal sealed record ModelTimes(string Model, IReadOnlyList<OperationTime> Operations);

/// <summary>An operation at one shape.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Kernels">The kernels that it launches, in order.</param>
/// <param name="Calls">How often it was called so.</param>
/// <param name="Microseconds">All kernels of one call together.</param>
/// <param name="Flops">Of its matrix products.</param>
/// <param name="Bytes">Bytes that have to move.</param>
/// <param name="ShareOfBandwidth">Those bytes by the time, as a share of the measured bandwidth.</param>
/// <param name="ShareOfPeak">Those FLOPs by the time, as a share of the measured peak.</param>
internal sealed record OperationTime(
    string Operation, KernelTime[] Kernels, int Calls, double Microseconds, double Flops, double Bytes, double ShareOfBandwidth, double ShareOfPeak)
{
    /// <summary>Share of what the device can do: the larger of the two, for the other is not what holds it up.</summary>
    public double ShareOfLimit => Math.Max(ShareOfBandwidth, ShareOfPeak);

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation,-34} {Calls,4} x {Microseconds,10:0.0} us  {100 * ShareOfLimit,5:0.0} % of the limit  {string.Join(", ", Kernels.Select(kernel => kernel.Kernel))}");
}

/// <summary>A kernel where it takes longest, in the operation that launches it there.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Shape">Its grid.</param>
/// <param name="Registers">Registers per thread.</param>
/// <param name="LocalBytes">Bytes per thread that did not fit into them.</param>
/// <param name="Microseconds">The median.</param>
/// <param name="Model">What launches it.</param>
/// <param name="Operation">The operation.</param>
/// <param name="KernelsOfOperation">With how many kernels it shares the operation's time, itself among them: bytes and FLOPs are the operation's.</param>
/// <param name="OperationMicroseconds">The time of all of them.</param>
/// <param name="ShareOfBandwidth">The operation's share of the measured bandwidth.</param>
/// <param name="ShareOfPeak">The operation's share of the measured peak.</param>
internal sealed record KernelSummary(
    string Kernel,
    string Shape,
    int Registers,
    int LocalBytes,
    double Microseconds,
    string Model,
    string Operation,
    int KernelsOfOperation,
    double OperationMicroseconds,
    double ShareOfBandwidth,
    double ShareOfPeak)
{
    /// <summary>Every kernel that was measured, by name.</summary>
    public static IReadOnlyList<KernelSummary> Of(IEnumerable<ModelTimes> models) =>
    [
        .. from model in models
           from operation in model.Operations
           from kernel in operation.Kernels
           group new KernelSummary(
               kernel.Kernel, kernel.Shape, kernel.Registers, kernel.LocalBytes, kernel.Microseconds, model.Model, operation.Operation,
               operation.Kernels.Length, operation.Microseconds, operation.ShareOfBandwidth, operation.ShareOfPeak) by kernel.Kernel into places
           orderby places.Key
           select places.MaxBy(place => place.Microseconds),
    ];
}
