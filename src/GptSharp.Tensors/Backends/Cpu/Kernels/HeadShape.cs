namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Rows of packed queries, keys and values, (rows, (H + 2 G) D), for what treats heads alike and leaves values alone.</summary>
/// <param name="Rows">B T.</param>
/// <param name="QueryHeads">H.</param>
/// <param name="KeyHeads">G.</param>
/// <param name="HeadSize">D.</param>
internal readonly record struct HeadShape(int Rows, int QueryHeads, int KeyHeads, int HeadSize)
{
    /// <summary>H + G: the heads before the values.</summary>
    public int ScoreHeads => QueryHeads + KeyHeads;

    /// <summary>(H + G) D: where the values begin in a row.</summary>
    public int ValueStart => ScoreHeads * HeadSize;

    /// <summary>G D: channels of all values of a row.</summary>
    public int ValueWidth => KeyHeads * HeadSize;

    /// <summary>(H + 2 G) D: channels of a row.</summary>
    public int Width => ValueStart + ValueWidth;
}
