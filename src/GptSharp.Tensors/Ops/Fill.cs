namespace GptSharp.Tensors;

public partial interface IBackend
{
    /// <summary>y = value, for any storage type.</summary>
    void Fill(Tensor y, double value);
}

/// <summary>
/// Forward: y = value. Not differentiable. 0 FLOPs; bytes: y once.
/// </summary>
internal readonly record struct FillOp(Tensor Y, double Value) : IOp
{
    public static OpInfo Info { get; } = new("fill", "y", "F32", "BF16", "F64", "I32");

    public TensorList Operands => new(Y);

    public OpCost Cost => new(0, Operands.Bytes);

    public void Execute(IBackend backend) => backend.Fill(Y, Value);
}
