namespace GptSharp.Tensors;

public partial interface IBackend
{
    /// <summary>y = x, for any storage type.</summary>
    void Copy(Tensor y, Tensor x);
}

/// <summary>
/// Forward: y = x. Not differentiable (a gradient is passed on, not copied). 0 FLOPs; bytes: x and y once.
/// </summary>
internal readonly record struct CopyOp(Tensor Y, Tensor X) : IOp
{
    public static OpInfo Info { get; } = new("copy", "y <- x", "F32 <- F32", "BF16 <- BF16", "F64 <- F64", "I32 <- I32");

    public TensorList Operands => new(Y, X);

    public OpCost Cost => new(0, Operands.Bytes);

    public void Execute(IBackend backend) => backend.Copy(Y, X);
}
