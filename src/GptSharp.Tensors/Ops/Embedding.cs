namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Looks rows of a table up: token embeddings, or positions, or the last position of each sequence.</summary>
    /// <param name="indices">I32, any shape of rank 1 to 3; each in 0 ... V - 1.</param>
    /// <param name="table">(V, C); leading axes are folded.</param>
    /// <returns>indices' shape with C appended.</returns>
    public static Tensor Embedding(Tensor indices, Tensor table) => EmbeddingWith(indices, table, Tensor.None);

    /// <summary>Token embeddings plus the embedding of each token's position in its sequence.</summary>
    /// <param name="tokens">I32 (B, T).</param>
    /// <param name="table">(V, C), the token table.</param>
    /// <param name="positions">(S, C) with S ≥ T, learned or fixed: row t is added at position t.</param>
    /// <returns>(B, T, C).</returns>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor Embedding(Tensor tokens, Tensor table, Tensor positions)
    {
        if (tokens.Shape.Rank != 2 || positions.Shape.Rank != 2 || positions.Shape[0] < tokens.Shape[1]
            || positions.Shape[1] != table.Shape.Last)
        {
            throw new TensorException(
                $"embedding: tokens {tokens.Shape} and a table {table.Shape} need positions "
                + $"(at least {tokens.Shape.Last}, {table.Shape.Last}), not {positions.Shape}.");
        }

        return EmbeddingWith(tokens, table, positions);
    }

    private static Tensor EmbeddingWith(Tensor indices, Tensor table, Tensor positions)
    {
        Shape shape = indices.Shape.Rank switch
        {
            1 => (indices.Shape[0], table.Shape.Last),
            2 => (indices.Shape[0], indices.Shape[1], table.Shape.Last),
            3 => (indices.Shape[0], indices.Shape[1], indices.Shape[2], table.Shape.Last),
            _ => throw new TensorException($"embedding: indices have one to three axes, not {indices.Shape}."),
        };
        Step step = StepOf(indices);
        return step.Record(new EmbeddingOp(step.New(shape, table.DType), indices, table, positions));
    }
}

public partial interface IBackend
{
    /// <summary>y[i] = table[indices[i]] + positions[i mod T]; positions may be absent.</summary>
    /// <exception cref="TensorException">An index outside the table.</exception>
    void Embedding(Tensor y, Tensor indices, Tensor table, Tensor positions);

    /// <summary>dTable[v] = sum of dy[i] over indices[i] = v, in the order of i, + beta dTable[v].</summary>
    void EmbeddingBackward(Tensor dTable, Tensor dy, Tensor indices, float beta);

    /// <summary>dPositions[t] = sum over the batch of dy[b, t], in the order of b, + beta dPositions[t]; rows from T on get 0.</summary>
    void PositionBackward(Tensor dPositions, Tensor dy, float beta);
}

/// <summary>
/// Forward: y[b, t] = table[token[b, t]] + positions[t]. Backward: dTable[token] += dy, dPositions[t] += sum over b of dy; rows
/// that no token names are cleared on the first write. Saves the tokens. FLOPs: one addition per element; bytes: y and as much
/// of the table once.
/// </summary>
internal readonly record struct EmbeddingOp(Tensor Y, Tensor Indices, Tensor Table, Tensor Positions) : IDifferentiableOp
{
    public static OpInfo Info { get; } =
        OpInfo.Of("embedding", "y <- indices table positions", "A <- I32 A A").ReadsArranged("table");

    public TensorList Operands => new(Y, Indices, Table, Positions);

    public OpCost Cost => new(Positions.IsNone ? 0 : Y.Count, Y.Bytes + Indices.Bytes + Math.Min(Y.Bytes, Table.Bytes) + PositionBytes);

    public Tensor Output => Y;

    private double PositionBytes => Positions.IsNone ? 0 : (double)Indices.Shape.Last * Positions.Shape.Last * Positions.DType.Size();

    public TensorList Saved => new(Indices);

    public void Execute(IBackend backend) => backend.Embedding(Y, Indices, Table, Positions);

    public void Backward(Step step)
    {
        Tensor dy = Y.Gradient;
        if (step.TryAccumulate(Table, out Tensor dTable, out float betaTable))
        {
            step.Run(new EmbeddingBackwardOp(dTable, dy, Indices, betaTable));
        }

        if (step.TryAccumulate(Positions, out Tensor dPositions, out float betaPositions))
        {
            step.Run(new PositionBackwardOp(dPositions, dy, betaPositions));
        }
    }
}

/// <summary>The gradient of <see cref="EmbeddingOp"/>'s table.</summary>
internal readonly record struct EmbeddingBackwardOp(Tensor DTable, Tensor Dy, Tensor Indices, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("embedding backward", "dTable <- dy indices", "G <- A I32");

    public TensorList Operands => new(DTable, Dy, Indices);

    public OpCost Cost => new(
        Dy.Count,
        Dy.Bytes + Indices.Bytes + (Beta == 0 ? DTable.Bytes : 2 * Math.Min(DTable.Bytes, Dy.Count * DTable.DType.Size())));

    public void Execute(IBackend backend) => backend.EmbeddingBackward(DTable, Dy, Indices, Beta);
}

/// <summary>The gradient of <see cref="EmbeddingOp"/>'s positions.</summary>
internal readonly record struct PositionBackwardOp(Tensor DPositions, Tensor Dy, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("position backward", "dPositions <- dy", "G <- A");

    public TensorList Operands => new(DPositions, Dy);

    public OpCost Cost => new(Dy.Count, Operands.Bytes + OpCost.Reread(DPositions, Beta));

    public void Execute(IBackend backend) => backend.PositionBackward(DPositions, Dy, Beta);
}
