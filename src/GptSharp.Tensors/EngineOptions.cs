namespace GptSharp.Tensors;

/// <summary>How an <see cref="Engine"/> behaves.</summary>
public sealed record EngineOptions
{
    /// <summary>For tests: poison new buffers and check that nothing writes outside them.</summary>
    public bool GuardMemory { get; init; }

    /// <summary>
    /// For tests on a device that knows its buffers, the emulator: asks the backend for each of a step's tensors by itself, so that the device
    /// sees every access beside one, and every read of what nobody wrote.
    /// </summary>
    public bool IsolateTensors { get; init; }

    /// <summary>Note at the start of each backward pass which operations' activations are alive (costs a little time).</summary>
    public bool TrackActivations { get; init; }

    /// <summary>
    /// Computes nothing and takes no memory: operations are checked, accounted and put on the tape, arenas hand out places, and
    /// <see cref="Engine.ReportMemory"/> says what the same work would take. Downloads give zeros.
    /// </summary>
    public bool IsDryRun { get; init; }

    /// <summary>Bytes that all arenas and the backend's workspace may take together; null for what the device has.</summary>
    public long? MemoryLimit { get; init; }
}
