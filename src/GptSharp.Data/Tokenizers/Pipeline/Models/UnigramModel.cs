using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline.Models;

/// <summary>
/// A unigram language model: of all ways to write a piece with tokens, the one with the highest sum of scores (log-probabilities),
/// found by Viterbi's algorithm. Source: Kudo, "Subword Regularization", 2018.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    // How far below the worst token an unknown character is: sentencepiece's kUnkPenalty.
    private const double UnknownPenalty = 10;

    private readonly IReadOnlyList<(string Spelling, double Score)> _pieces;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly ByteTrie _trie = new();
    private readonly double _unknownScore;

    public UnigramModel(IReadOnlyList<(string Spelling, double Score)> pieces, int? unknown, bool byteFallback)
    {
        _pieces = pieces;
        for (int id = 0; id < pieces.Count; id++)
        {
            string spelling = pieces[id].Spelling;
            _ids.Add(spelling, id);

            // The token of a byte stands for the byte, not for the text <0x0A>.
            if (id != unknown && spelling.Length > 0 && !(byteFallback && UnknownCharacters.TryReadByte(spelling, out _)))
            {
                _trie.Add(Encoding.UTF8.GetBytes(spelling), id);
            }
        }

        _unknownScore = pieces.Select(piece => piece.Score).DefaultIfEmpty().Min() - UnknownPenalty;
        Unknown = new UnknownCharacters(unknown, byteFallback, spelling => _ids.GetValueOrDefault(spelling, -1));
    }

    /// <summary>What becomes of characters that the vocabulary lacks.</summary>
    public UnknownCharacters Unknown { get; }

    public int Count => _pieces.Count;

    public double ScoreOf(int id) => _pieces[id].Score;

    public string? SpellingOf(int id) => (uint)id < (uint)Count ? _pieces[id].Spelling : null;

    public bool TryFind(string spelling, out int id) => _ids.TryGetValue(spelling, out id);

    public void Encode(ReadOnlySpan<byte> piece, List<int> ids)
    {
        Step[] best = FindBest(piece);
        var tokens = new Stack<(int Start, int End, int Id)>();
        for (int end = piece.Length; end > 0; end = best[end].Start)
        {
            tokens.Push((best[end].Start, end, best[end].Id));
        }

        while (tokens.TryPop(out (int Start, int End, int Id) token))
        {
            if (token.Id >= 0)
            {
                ids.Add(token.Id);
                continue;
            }

            // Unknown characters that follow each other are one.
            int end = token.End;
            while (tokens.TryPeek(out (int Start, int End, int Id) next) && next.Id < 0)
            {
                end = tokens.Pop().End;
            }

            ReadOnlySpan<byte> unknown = piece[token.Start..end];
            if (!Unknown.TryAddBytes(unknown, ids))
            {
                ids.Add(Unknown.For(unknown));
            }
        }
    }

    private Step[] FindBest(ReadOnlySpan<byte> piece)
    {
        var best = new Step[piece.Length + 1];
        Array.Fill(best, new Step(-1, -1, double.NegativeInfinity));
        best[0] = new Step(0, -1, 0);
        for (int start = 0; start < piece.Length;)
        {
            Utf8Text.TryRead(piece[start..], out _, out int length);
            double before = best[start].Score;
            bool isKnown = false;
            int node = 0;
            for (int end = start; end < piece.Length && _trie.TryStep(ref node, piece[end], out int id); end++)
            {
                if (id >= 0)
                {
                    Offer(best, end + 1, new Step(start, id, before + _pieces[id].Score));
                    isKnown |= end + 1 == start + length;
                }
            }

            if (!isKnown)
            {
                Offer(best, start + length, new Step(start, -1, before + _unknownScore));
            }

            start += length;
        }

        return best;
    }

    private static void Offer(Step[] best, int end, Step step)
    {
        if (best[end].Start < 0 || step.Score > best[end].Score)
        {
            best[end] = step;
        }
    }

    /// <summary>The best way to a place in the text.</summary>
    private readonly record struct Step(int Start, int Id, double Score);
}
