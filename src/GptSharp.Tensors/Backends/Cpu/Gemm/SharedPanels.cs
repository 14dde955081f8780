using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>The panels of a factor that all tasks read, for the terms of one round: packed by all threads before the first task.</summary>
/// <param name="data">Room for all lines, whole tiles, of the round's terms; null if the factor is not shared.</param>
/// <param name="factor">The factor.</param>
/// <param name="isLeft">Whether it is a, whose lines are its rows; those of b are its columns.</param>
/// <param name="lines">Rows of a, or columns of b.</param>
/// <param name="terms">Terms of the whole sum.</param>
/// <param name="plan">The plan.</param>
/// <param name="round">Number of the round.</param>
internal readonly unsafe struct SharedPanels<TFactor>(
    float* data, Factor<TFactor> factor, bool isLeft, int lines, int terms, GemmPlan plan, int round)
    where TFactor : unmanaged
{
    // Of lines whose terms lie together a piece has some, whole tiles of 12, 6 or 32 of them, and a few KiB of each; where the lines of a term
    // lie together it has all lines and few terms.
    private const int LinesPerPiece = 96, TermsPerPiece = 256, TermsOfAllLines = 32;

    /// <summary>The round's first term.</summary>
    public int FirstTerm => round * plan.RoundLength;

    /// <summary>The term behind its last one.</summary>
    public int EndTerm => Math.Min(terms, FirstTerm + plan.RoundLength);

    /// <summary>How many pieces there are to pack.</summary>
    public int PieceCount => data == null ? 0 : Chunks * PiecesPerChunk;

    private bool LinesLieTogether => factor.Layout == (isLeft ? Operand.Transposed : Operand.AsIs);

    private int Chunks => plan.Slices > 1
        ? plan.Slices * plan.ChunksPerSlice
        : (EndTerm - FirstTerm + GemmPlan.ChunkLength - 1) / GemmPlan.ChunkLength;

    private int PiecesPerChunk => PiecesOfLines * GemmPlan.ChunkLength / PieceTerms;

    private int PieceTerms => LinesLieTogether ? TermsOfAllLines : TermsPerPiece;

    private int PiecesOfLines => LinesLieTogether ? 1 : (lines + LinesPerPiece - 1) / LinesPerPiece;

    /// <summary>The panels of the chunk that begins at a term.</summary>
    public float* Chunk<TKernel>(int term)
        where TKernel : struct, IMicroKernel =>
        data + ((long)(isLeft ? plan.PaddedRows : plan.PaddedColumns) * TKernel.Steps(term - FirstTerm));

    /// <summary>Packs a piece: of one chunk, some lines, or some terms of all lines.</summary>
    public void Pack<TKernel, T>(int piece)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        (int chunk, int part) = Math.DivRem(piece, PiecesPerChunk);
        (int slice, int place) = plan.Slices > 1 ? Math.DivRem(chunk, plan.ChunksPerSlice) : (0, chunk);
        int term = FirstTerm + (slice * plan.SliceLength) + (place * GemmPlan.ChunkLength);
        int end = plan.Slices > 1 ? Math.Min(terms, (slice + 1) * plan.SliceLength) : EndTerm;
        int length = Math.Min(GemmPlan.ChunkLength, end - term);
        (int termPart, int linePart) = Math.DivRem(part, PiecesOfLines);
        int line = linePart * LinesPerPiece, lineCount = LinesLieTogether ? lines : Math.Min(LinesPerPiece, lines - line);
        int first = termPart * PieceTerms, termCount = Math.Min(PieceTerms, length - first);
        if (termCount <= 0)
        {
            return; // the last chunk of a slice may be short, or not there
        }

        int steps = TKernel.Steps(length), width = isLeft ? TKernel.Rows : 2 * T.Count;
        TKernel.Pack<T, TFactor>(
            Chunk<TKernel>(term) + ((long)line * steps) + ((long)TKernel.Steps(first) * width),
            isLeft ? factor.Rows(line, term + first) : factor.Columns(line, term + first),
            lineCount,
            termCount,
            width,
            (long)steps * width);
    }
}
