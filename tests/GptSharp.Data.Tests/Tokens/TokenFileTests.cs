using System.Diagnostics;
using System.Globalization;
using GptSharp.Data.Tokens;
using GptSharp.Files;

namespace GptSharp.Data.Tests.Tokens;

public sealed class TokenFileTests : IDisposable
{
    private const int Chunk = HandmadeTokenFile.ChunkBytes;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static int[] Read(TokenFile file, long offset, int count)
    {
        var tokens = new int[count];
        file.Read(offset, tokens);
        return tokens;
    }

    private static int[] RandomTokens(int count, int vocabulary)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }

    private string Write(int vocabulary, ReadOnlySpan<int> tokens)
    {
        string path = _folder.At("a.tokens");
        int[] all = tokens.ToArray();
        TokenFileWriter.Write(path, vocabulary, writer => writer.Append(all));
        return path;
    }

    // By a program that asks for no lock, as .NET's files do among each other.
    private static void Truncate(string path, long bytes)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "an open file cannot be truncated there");
        using Process truncate = Process.Start("truncate", ["--size", bytes.ToString(CultureInfo.InvariantCulture), path]);
        truncate.WaitForExit();
        Assert.Equal(0, truncate.ExitCode);
    }

    private string Refusal(string path) => Assert.Throws<RefusedFileException>(() => TokenFile.Open(path).Dispose()).Message;

    [Fact]
    public void The_bytes_on_disk_are_those_of_the_format_s_description()
    {
        string path = _folder.At("a.tokens");
        TokenFileWriter.Write(path, 65536, writer =>
        {
            writer.BeginDocument();
            writer.Append(0, 65535);
            writer.BeginDocument();
            writer.Append(7);
        });
        Assert.Equal(HandmadeTokenFile.Small(1, 65536, 2, [0, 2], 0, 65535, 7), File.ReadAllBytes(path));

        TokenFileWriter.Write(path, 65537, writer => writer.Append(65536, 1));
        Assert.Equal(HandmadeTokenFile.Small(1, 65537, 4, [], 65536, 1), File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(300, 0)]
    [InlineData(300, 1)]
    [InlineData(300, (Chunk / 2) - 1)]
    [InlineData(65536, Chunk / 2)]
    [InlineData(65536, (Chunk / 2) + 1)]
    [InlineData(65537, Chunk / 4)]
    [InlineData(2_000_000_000, (3 * Chunk / 4) + 5)]
    public void What_was_appended_in_uneven_pieces_is_read_from_anywhere(int vocabulary, int count)
    {
        int[] tokens = RandomTokens(count, vocabulary);
        string path = _folder.At("a.tokens");
        TokenFileWriter.Write(path, vocabulary, writer =>
        {
            for (int start = 0, piece = 1; start < count; start += piece, piece = (piece * 3) + 1)
            {
                writer.Append(tokens.AsSpan(start, Math.Min(piece, count - start)));
            }
        });

        using TokenFile file = TokenFile.Open(path);
        Assert.Equal((count, vocabulary), (file.Count, file.VocabularySize));
        Assert.Empty(file.DocumentStarts);
        Assert.Equal(tokens, Read(file, 0, count));
        int middle = count / 2;
        Assert.Equal(tokens[middle..], Read(file, middle, count - middle));
    }

    [Fact]
    public void Document_starts_are_kept_and_empty_documents_leave_no_trace()
    {
        string path = _folder.At("a.tokens");
        TokenFileWriter.Write(path, 10, writer =>
        {
            writer.BeginDocument();
            writer.BeginDocument();
            writer.Append(1, 2, 3);
            writer.BeginDocument();
            writer.Append(4);
            writer.BeginDocument();
        });

        using TokenFile file = TokenFile.Open(path);
        Assert.Equal([0, 3], file.DocumentStarts);
        Assert.Equal([1, 2, 3, 4], Read(file, 0, 4));
    }

    [Fact]
    public void A_reader_that_asks_for_more_than_there_is_gets_an_error_and_not_the_tables()
    {
        using TokenFile file = TokenFile.Open(Write(10, [1, 2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(file, 1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(file, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(file, 4, 0));
        Assert.Empty(Read(file, 3, 0));
    }

    [Fact]
    public void A_closed_file_says_so()
    {
        TokenFile file = TokenFile.Open(Write(10, [1, 2, 3]));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Read(file, 0, 1));
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_not_written_and_the_old_file_stays()
    {
        string path = Write(10, [1, 2]);
        byte[] old = File.ReadAllBytes(path);

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Write(10, [3, 10]));
        Assert.StartsWith("Token 1 is 10, but the vocabulary has 10 tokens.", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(10, [-1]));

        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_document_that_would_leave_tokens_without_one_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => TokenFileWriter.Write(_folder.At("a.tokens"), 10, writer =>
        {
            writer.Append(1);
            writer.BeginDocument();
        }));

    [Fact]
    public void A_flipped_bit_is_found_when_its_MiB_is_touched_and_not_before()
    {
        int[] tokens = RandomTokens((5 * Chunk / 4) + 100, 500);
        string path = Write(500, tokens);
        using (FileStream stream = File.OpenWrite(path))
        {
            stream.Position = HandmadeTokenFile.HeaderBytes + Chunk + 1000;
            int old = tokens[(Chunk + 1000) / 2] & 0xFF;
            stream.WriteByte((byte)(old ^ 4));
        }

        using TokenFile file = TokenFile.Open(path);
        Assert.Equal(tokens[..(Chunk / 2)], Read(file, 0, Chunk / 2));
        Assert.Equal(tokens[^10..], Read(file, tokens.Length - 10, 10));
        string expected = $"{path}: MiB 2 of the 3 of its tokens (bytes 1048632 to 2097207) does not match its hash, so the file is damaged; prepare the data set again.";
        Assert.Equal(expected, Assert.Throws<RefusedFileException>(() => Read(file, (Chunk / 2) - 1, 2)).Message);

        // Damage is not forgiven the second time.
        Assert.Equal(expected, Assert.Throws<RefusedFileException>(() => Read(file, Chunk - 5, 2)).Message);
    }

    [Fact]
    public void Every_flipped_bit_of_a_small_file_is_refused_in_a_sentence_that_names_it()
    {
        byte[] sound = HandmadeTokenFile.Small(1, 10, 2, [0, 2], 1, 2, 3, 9);
        string path = _folder.At("a.tokens");
        for (int bit = 0; bit < sound.Length * 8; bit++)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(path, damaged);
            var error = Assert.Throws<RefusedFileException>(() =>
            {
                using TokenFile file = TokenFile.Open(path);
                Read(file, 0, 4);
            });
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_truncation_of_a_small_file_is_refused_at_once()
    {
        byte[] sound = HandmadeTokenFile.Small(1, 10, 2, [0, 2], 1, 2, 3, 9);
        for (int length = 0; length < sound.Length; length++)
        {
            string problem = Refusal(_folder.Put("a.tokens", sound[..length]));
            Assert.Contains(length < 8 ? "no token file" : "truncated", problem, StringComparison.Ordinal);
        }

        Assert.Contains("longer than it should be", Refusal(_folder.Put("a.tokens", [.. sound, 0])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(70_000)]
    public void A_file_that_is_truncated_while_it_is_read_is_an_error_and_not_the_end_of_the_process(int vocabulary)
    {
        int[] tokens = RandomTokens(2 * Chunk, vocabulary);
        string path = Write(vocabulary, tokens);
        using TokenFile file = TokenFile.Open(path);
        Assert.Equal(tokens[..100], Read(file, 0, 100));
        Assert.Equal(tokens[^100..], Read(file, tokens.Length - 100, 100));
        Truncate(path, HandmadeTokenFile.HeaderBytes + (Chunk / 2));

        Assert.Equal(tokens[..100], Read(file, 0, 100));
        int[] places = [tokens.Length - 100, Chunk, (Chunk / 4) - 1]; // verified before, never touched, and in the MiB that ends early
        Assert.All(places, place =>
        {
            string problem = Assert.Throws<RefusedFileException>(() => Read(file, place, 100)).Message;
            Assert.StartsWith($"{path}: it was truncated to {HandmadeTokenFile.HeaderBytes + (Chunk / 2)} bytes while", problem, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Missing_foreign_and_later_files_are_refused()
    {
        Assert.Equal($"{_folder.At("none")}: there is no such file.", Refusal(_folder.At("none")));
        Assert.EndsWith(
            "it is no token file of GptSharp; 'gptsharp data prepare' makes them from text.",
            Refusal(_folder.Put("a.txt", "First Citizen:\nBefore we proceed any further, hear me speak.")),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "it is a token file of version 2, and this GptSharp reads version 1.",
            Refusal(_folder.Put("later", HandmadeTokenFile.Small(2, 10, 2, [], 1))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(10, 4)]
    [InlineData(70_000, 2)]
    public void A_header_that_contradicts_itself_is_refused(int vocabulary, int width) =>
        Assert.Contains("makes no sense", Refusal(_folder.Put("a", HandmadeTokenFile.Small(1, vocabulary, width, [], 0, 0))), StringComparison.Ordinal);

    [Theory]
    [InlineData(new long[] { 1 }, 0)]
    [InlineData(new long[] { 0, 2, 2 }, 2)]
    [InlineData(new long[] { 0, 4 }, 1)]
    public void Document_starts_out_of_order_are_refused(long[] starts, int document) =>
        Assert.EndsWith(
            $"its document {document} starts at token {starts[document]}, which cannot be.",
            Refusal(_folder.Put("a", HandmadeTokenFile.Small(1, 10, 2, starts, 1, 2, 3, 4))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData(10, 2, 10)]
    [InlineData(70_000, 4, 70_000)]
    [InlineData(70_000, 4, uint.MaxValue)]
    public void A_token_outside_the_vocabulary_is_refused_though_its_hash_is_right(int vocabulary, int width, uint token)
    {
        string path = _folder.Put("a", HandmadeTokenFile.Small(1, vocabulary, width, [], 1, 2, token, 4));
        using TokenFile file = TokenFile.Open(path);
        Assert.Equal(
            $"{path}: its token 2 is {token}, but its vocabulary has {vocabulary} tokens.",
            Assert.Throws<RefusedFileException>(() => Read(file, 0, 1)).Message);
    }

    [Fact]
    public void Threads_that_touch_the_same_MiB_first_all_get_its_tokens()
    {
        int[] tokens = RandomTokens(8 * Chunk / 2, 1000);
        using TokenFile file = TokenFile.Open(Write(1000, tokens));
        Parallel.For(0, 64, i =>
        {
            int start = i % 16 * (Chunk / 4);
            Assert.Equal(tokens[start..(start + 1000)], Read(file, start, 1000));
        });
    }
}
