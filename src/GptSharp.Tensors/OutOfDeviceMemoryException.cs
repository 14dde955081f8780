using System.Globalization;
using GptSharp.Cuda;
using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors;

/// <summary>An allocation was refused, by the system or by the limit that the engine was given.</summary>
public sealed class OutOfDeviceMemoryException : TensorException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="requested">Bytes that were asked for.</param>
    /// <param name="limit">The limit that refused them; null if the system did.</param>
    /// <param name="report">Who holds what; null where it is not known.</param>
    /// <param name="inner">What caused it; null for nothing.</param>
    public OutOfDeviceMemoryException(long requested, long? limit, MemoryReport? report, Exception? inner = null)
        : base(Sentence(requested, limit, report, inner), inner)
    {
        (Requested, Limit, Report) = (requested, limit, report);
    }

    /// <summary>Bytes that were asked for.</summary>
    public long Requested { get; }

    /// <summary>The engine's own limit; null if the system refused.</summary>
    public long? Limit { get; }

    /// <summary>Who held what at that moment; null where it was not known.</summary>
    public MemoryReport? Report { get; }

    private static string Sentence(long requested, long? limit, MemoryReport? report, Exception? inner)
    {
        string refusal = inner?.GetBaseException() is OutOfCudaMemoryException device
            ? device.Message
            : $"{(limit is { } bytes ? $"the limit of {Number(bytes)} bytes" : "the system")} refused {Number(requested)} bytes more.";
        return $"Out of memory: {refusal}{(report is null ? "" : $" Held already: {report}.")}";
    }

    private static string Number(long bytes) => bytes.ToString("N0", CultureInfo.InvariantCulture);
}
