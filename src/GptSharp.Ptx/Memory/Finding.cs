namespace GptSharp.Ptx.Memory;

/// <summary>What kind of mistake a <see cref="Finding"/> is.</summary>
public enum FindingKind
{
    /// <summary>An address outside every buffer of its space.</summary>
    OutOfBounds,

    /// <summary>An address that is no multiple of the access's size.</summary>
    Misaligned,

    /// <summary>A read of bytes that nothing wrote.</summary>
    NeverWritten,

    /// <summary>Unordered accesses to the same bytes.</summary>
    Race,

    /// <summary>A misuse of <c>cp.async</c>.</summary>
    AsyncCopy,

    /// <summary>A write to memory that is read as constant: by <c>ld.global.nc</c>, or a constant or parameter itself.</summary>
    ReadOnly,

    /// <summary>A barrier that a part of a warp reaches, or that can never complete.</summary>
    Barrier,

    /// <summary>A shuffle, vote or other <c>.sync</c> instruction without all lanes that it names.</summary>
    Synchronisation,

    /// <summary>An integer division by zero.</summary>
    Division,

    /// <summary>More instructions than the step limit allows.</summary>
    EndlessLoop,

    /// <summary>A <c>trap</c> or a failed assertion.</summary>
    Trap,

    /// <summary>A statement that the emulator cannot run.</summary>
    Unsupported,
}

/// <summary>One mistake of a kernel, and where it happened.</summary>
/// <param name="Kind">What kind of mistake.</param>
/// <param name="Message">A sentence: what is wrong.</param>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Block">The block's coordinates in the grid.</param>
/// <param name="Thread">The thread's coordinates in its block.</param>
/// <param name="Line">Line of the PTX file, counted from 1.</param>
/// <param name="Statement">The PTX statement.</param>
public sealed record Finding(
    FindingKind Kind, string Message, string Kernel, Dimensions Block, Dimensions Thread, int Line, string Statement)
{
    /// <summary>The whole sentence.</summary>
    public override string ToString() =>
        $"{Kernel}, block {Block}, thread {Thread}, line {Line}: {Message} [{Statement}]";
}
