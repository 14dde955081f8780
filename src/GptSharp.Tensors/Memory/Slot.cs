namespace GptSharp.Tensors.Memory;

/// <summary>What an arena knows of one tensor. A slot is reused; its generation tells old handles from new ones.</summary>
internal struct Slot
{
    /// <summary>Grows by one each time the slot is emptied.</summary>
    public int Generation;

    /// <summary>True while some handle is current: the buffer is there, or backward still has to pass through.</summary>
    public bool IsLive;

    /// <summary>Where the values are; 0 once the buffer was recycled.</summary>
    public nint Address;

    public Shape Shape;

    public DType DType;

    public string? Name;

    /// <summary>The operation that wrote the tensor, for the memory report.</summary>
    public string? Producer;

    public bool RequiresGradient;

    /// <summary>True if the values are another tensor's, some of them: there is no region to give back.</summary>
    public bool IsPart;

    /// <summary>Of a part: how many elements of the other tensor stand before it, and that tensor's shape.</summary>
    public long FirstInWhole;

    public Shape Whole;

    /// <summary>The region of a step arena's free list to give back.</summary>
    public Region Region;

    /// <summary>Backward nodes that still read the buffer, or tensors whose gradient it is.</summary>
    public int Readers;

    /// <summary>True while a node on the tape waits for this tensor's gradient: the slot stays, though its buffer may go.</summary>
    public bool OnTape;

    /// <summary>True while an open scope can still reach the tensor.</summary>
    public bool InScope;

    /// <summary>True if the buffer stays until the step ends (inputs, watched activations).</summary>
    public bool Pinned;

    /// <summary>The gradient's storage type: the tensor's own, or a more precise one.</summary>
    public DType GradientType;

    /// <summary>The gradient, once one is being collected; parameters have it from the start.</summary>
    public Tensor Gradient;

    /// <summary>Of an activation function's output: what it was applied to, so that a layer's backward can go past it; see <see cref="Step.FindActivation"/>.</summary>
    public Tensor PreActivation;

    /// <summary>The function that was applied to <see cref="PreActivation"/>.</summary>
    public ActivationFunction Function;

    /// <summary>False until the first write of this step: an unwritten gradient reads as zero.</summary>
    public bool GradientWritten;
}
