namespace GptSharp.Tensors.Backends.Cpu.Speed;

/// <summary>Ways of passing over memory, each with a bandwidth of its own.</summary>
public enum StreamKind
{
    /// <summary>One array is read: generation reads every weight once a token.</summary>
    Read,

    /// <summary>a = s a + b, two arrays read and one written.</summary>
    Triad,

    /// <summary>Four arrays read, three of them written in place: what AdamW does. Well above the triad where stores are the bottleneck.</summary>
    Update,
}
