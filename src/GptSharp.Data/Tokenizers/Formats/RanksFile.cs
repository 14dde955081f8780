using System.Buffers.Text;
using System.Text;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Data.Tokenizers.Pipeline.Models;
using GptSharp.Files;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>tiktoken's files: a token a line, its bytes in base64, a space, and its rank, which is its id. Lower ranks merge first.</summary>
internal static class RanksFile
{
    // The longest tokens of published files are runs of 128 spaces; every division of a token is tried, so length must have an end.
    private const int LongestToken = 1024;

    /// <summary>Whether a file begins like one.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? bytes : bytes[..end];
        return line.Length is > 0 and < 4096 && TryReadLine(line, out _, out _);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="given">How text is cut; null for a file that is known.</param>
    /// <exception cref="RefusedFileException">It is damaged, or its pattern is not known.</exception>
    public static TextTokenizer Read(string path, SplitPattern? given)
    {
        byte[] file = File.ReadAllBytes(path);
        TokenList tokens = ReadTokens(path, file);
        KnownRanks? known = KnownRanks.Find(Path.GetFileName(path), FileHash.Sha256(path), tokens.Spellings.Count(token => token is not null));
        SplitPattern pattern = given ?? known?.Pattern ?? throw new RefusedFileException(
            path,
            "it holds ranks, but does not say how text is cut before they are used, and is no file that GptSharp knows "
            + $"({string.Join(", ", KnownRanks.All.Select(one => one.Name))}); say it with --pattern.");
        IReadOnlyList<AddedToken> special = known?.Special ?? [];
        foreach (AddedToken token in special)
        {
            tokens.Add(token.Content, token.Id, problem => new RefusedFileException(path, $"the special token {token.Content} of {known!.Name} {problem}"));
        }

        byte[]?[] bytes = [.. tokens.Spellings.Select(spelling => spelling is not null && ByteLevel.TryRead(spelling, out byte[] read) ? read : null)];
        foreach (AddedToken token in special)
        {
            bytes[token.Id] = null;
        }

        BpeModel model = BpeModel.FromRanks(bytes, pattern);
        return ByteLevelTokenizers.Create(
            new ByteLevelModel(tokens.Spellings, model, () => BytePairs.MergesOfRanks(model)),
            special,
            special.FirstOrDefault(token => token.Content == known!.BeginsTexts));
    }

    /// <summary>The text of a file of ranks.</summary>
    public static string Write(TextTokenizer tokenizer)
    {
        var text = new StringBuilder();
        int rank = 0;
        HashSet<int> special = [.. tokenizer.AddedTokens.Select(token => token.Id)];
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (!special.Contains(id) && tokenizer.SpellingOf(id) is not null)
            {
                text.Append(Convert.ToBase64String(tokenizer.BytesOf(id))).Append(' ').Append(rank++).Append('\n');
            }
        }

        return text.ToString();
    }

    private static TokenList ReadTokens(string path, ReadOnlySpan<byte> file)
    {
        var tokens = new TokenList(file.Count((byte)'\n') + 1);
        int number = 0;
        while (file.Length > 0)
        {
            number++;
            int end = file.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (end < 0 ? file : file[..end]).TrimEnd((byte)'\r');
            file = end < 0 ? [] : file[(end + 1)..];
            if (line.Length == 0)
            {
                continue;
            }

            int here = number;
            Func<string, RefusedFileException> refuse = problem => new RefusedFileException(path, FormattableString.Invariant($"line {here} {problem}"));
            if (!TryReadLine(line, out byte[] bytes, out int rank))
            {
                throw refuse("is not a token in base64, a space and its rank.");
            }

            tokens.Add(
                bytes.Length <= LongestToken
                    ? ByteLevel.Write(bytes)
                    : throw refuse(FormattableString.Invariant($"has a token of {bytes.Length} bytes, but the longest may have {LongestToken}.")),
                rank,
                refuse);
        }

        return tokens.Spellings.Count > 0 ? tokens : throw new RefusedFileException(path, "it has no tokens.");
    }

    private static bool TryReadLine(ReadOnlySpan<byte> line, out byte[] bytes, out int rank)
    {
        int space = line.IndexOf((byte)' ');
        (bytes, rank) = ([], 0);
        if (space <= 0 || !Utf8Parser.TryParse(line[(space + 1)..].TrimEnd((byte)'\r'), out rank, out int used) || used != line[(space + 1)..].TrimEnd((byte)'\r').Length)
        {
            return false;
        }

        bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(space)];
        bool isBase64 = Base64.DecodeFromUtf8(line[..space], bytes, out int consumed, out int written) == System.Buffers.OperationStatus.Done && consumed == space;
        bytes = bytes[..written];
        return isBase64 && written > 0 && rank >= 0;
    }
}
