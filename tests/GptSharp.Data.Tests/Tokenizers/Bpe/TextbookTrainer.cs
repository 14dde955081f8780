using System.Text;
using System.Text.RegularExpressions;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>
/// Byte-pair encoding as a textbook has it: count every pair afresh, merge the most frequent one everywhere, again and again. Pieces come from a regular expression.
/// </summary>
internal static class TextbookTrainer
{
    public static List<(string Left, string Right)> Train(IEnumerable<string> texts, string regex, int merges, int specialTokens)
    {
        var pieces = new Dictionary<string, long>();
        foreach (string piece in texts.SelectMany(text => regex.Length == 0 ? [text] : Regex.Matches(text, regex).Select(match => match.Value)))
        {
            string letters = ByteLevel.Write(Encoding.UTF8.GetBytes(piece));
            pieces[letters] = pieces.GetValueOrDefault(letters) + 1;
        }

        // A token's number decides ties.
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (char letter in Enumerable.Range(0, 256).Select(value => ByteLevel.LetterOf((byte)value)).Order())
        {
            numbers.Add(letter.ToString(), specialTokens + numbers.Count);
        }

        List<(List<string> Tokens, long Times)> words = [.. pieces.Select(piece => (piece.Key.Select(letter => letter.ToString()).ToList(), piece.Value))];
        var result = new List<(string, string)>();
        while (numbers.Count < 256 + merges)
        {
            var counts = new Dictionary<(string Left, string Right), long>();
            foreach ((List<string> tokens, long times) in words)
            {
                for (int i = 0; i + 1 < tokens.Count; i++)
                {
                    counts[(tokens[i], tokens[i + 1])] = counts.GetValueOrDefault((tokens[i], tokens[i + 1])) + times;
                }
            }

            if (counts.Count == 0)
            {
                break;
            }

            (string left, string right) = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => numbers[pair.Key.Left]).ThenBy(pair => numbers[pair.Key.Right]).First().Key;
            result.Add((left, right));
            numbers.TryAdd(left + right, specialTokens + numbers.Count);
            foreach ((List<string> tokens, _) in words)
            {
                for (int i = 0; i + 1 < tokens.Count; i++)
                {
                    if (tokens[i] == left && tokens[i + 1] == right)
                    {
                        tokens[i] = left + right;
                        tokens.RemoveAt(i + 1);
                    }
                }
            }
        }

        return result;
    }
}
