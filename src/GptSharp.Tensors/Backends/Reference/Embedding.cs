namespace GptSharp.Tensors.Backends.Reference;

public sealed unsafe partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Embedding(Tensor y, Tensor indices, Tensor table, Tensor positions)
    {
        IndexCheck.Within("embedding", indices, table.Shape.Rows);
        (Values result, Values rows, Values places) = (new Values(y), new Values(table), new Values(positions));
        int* index = indices.Pointer<int>();
        int channels = y.Shape.Last;
        int time = indices.Shape.Last;
        for (long i = 0; i < indices.Count; i++)
        {
            for (int c = 0; c < channels; c++)
            {
                double place = places.Exist ? places[(i % time * channels) + c] : 0;
                result[(i * channels) + c] = rows[((long)index[i] * channels) + c] + place;
            }
        }
    }

    /// <inheritdoc/>
    public void EmbeddingBackward(Tensor dTable, Tensor dy, Tensor indices, float beta)
    {
        (Values gradient, Values upstream) = (new Values(dTable), new Values(dy));
        int* index = indices.Pointer<int>();
        int channels = dy.Shape.Last;
        var sums = new double[dTable.Count];
        for (long i = 0; i < indices.Count; i++)
        {
            for (int c = 0; c < channels; c++)
            {
                sums[((long)index[i] * channels) + c] += upstream[(i * channels) + c];
            }
        }

        for (long i = 0; i < sums.Length; i++)
        {
            gradient.Accumulate(i, sums[i], beta);
        }
    }

    /// <inheritdoc/>
    public void PositionBackward(Tensor dPositions, Tensor dy, float beta)
    {
        (Values gradient, Values upstream) = (new Values(dPositions), new Values(dy));
        (int batch, int time, int channels) = (dy.Shape[0], dy.Shape[1], dy.Shape[2]);
        for (int t = 0; t < dPositions.Shape[0]; t++)
        {
            for (int c = 0; c < channels; c++)
            {
                double sum = 0;
                for (int b = 0; t < time && b < batch; b++)
                {
                    sum += upstream[((((long)b * time) + t) * channels) + c];
                }

                gradient.Accumulate(((long)t * channels) + c, sum, beta);
            }
        }
    }
}
