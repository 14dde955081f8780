namespace GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

/// <summary>What becomes of the places at which <see cref="LiteralSplit"/> cuts.</summary>
internal enum SplitBehavior
{
    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each begins the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Those that follow each other are one piece.</summary>
    Contiguous,
}

/// <summary>Cuts at every occurrence of a text.</summary>
internal sealed class LiteralSplit(byte[] delimiter, SplitBehavior behavior) : IPreTokenizer
{
    public IEnumerable<Piece> Split(Piece piece)
    {
        var parts = new List<(int Start, int End, bool IsDelimiter)>();
        foreach ((int start, int end, bool isDelimiter) in Find(piece.Text))
        {
            bool joins = parts.Count > 0 && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isDelimiter && !parts[^1].IsDelimiter,
                SplitBehavior.MergedWithNext => !isDelimiter && parts[^1].IsDelimiter,
                SplitBehavior.Contiguous => isDelimiter && parts[^1].IsDelimiter,
                _ => false,
            };
            if (joins)
            {
                // A delimiter that has joined still counts as one: the next does not join it.
                parts[^1] = (parts[^1].Start, end, isDelimiter);
            }
            else if (!(isDelimiter && behavior == SplitBehavior.Removed))
            {
                parts.Add((start, end, isDelimiter));
            }
        }

        return parts.Select(part => new Piece(piece.Text[part.Start..part.End], piece.BeginsText && part.Start == 0));
    }

    private List<(int Start, int End, bool IsDelimiter)> Find(ReadOnlyMemory<byte> text)
    {
        var found = new List<(int Start, int End, bool IsDelimiter)>();
        int done = 0;
        while (done < text.Length)
        {
            int next = text.Span[done..].IndexOf(delimiter);
            int start = next < 0 ? text.Length : done + next;
            if (done < start)
            {
                found.Add((done, start, false));
            }

            if (next >= 0)
            {
                found.Add((start, start + delimiter.Length, true));
            }

            done = next < 0 ? start : start + delimiter.Length;
        }

        return found;
    }
}
