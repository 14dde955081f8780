using System.IO.Hashing;

namespace GptSharp.Files.Tests;

public sealed class SequentialFileTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(10_000)]
    public void Pieces_become_a_file_of_the_length_that_was_said(int length)
    {
        using var folder = new TemporaryFolder();
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        string path = folder.At("a");
        using (var buffer = new AlignedBuffer(SequentialFile.Alignment))
        using (SequentialFile file = SequentialFile.Create(path))
        {
            for (int start = 0; start < length; start += SequentialFile.Alignment)
            {
                ReadOnlySpan<byte> piece = content.AsSpan(start, Math.Min(SequentialFile.Alignment, length - start));
                piece.CopyTo(buffer.Span);
                file.Append(buffer.Span);
            }

            file.Finish(length);
        }

        Assert.Equal(content, File.ReadAllBytes(path));
        Assert.Equal(Convert.ToHexStringLower(XxHash128.Hash(content)), FileHash.XxHash128(path));
        Assert.ThrowsAny<IOException>(() => SequentialFile.Create(path).Dispose());
        Assert.ThrowsAny<IOException>(() => SequentialFile.Create(folder.At("none/a")).Dispose());
    }

    [Fact]
    public void A_lock_is_for_one_and_says_whose_it_is()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("lock");
        using (FileLock? first = FileLock.TryTake(path, out string? nobody))
        {
            Assert.NotNull(first);
            Assert.Null(nobody);
            Assert.Null(FileLock.TryTake(path, out string? owner));
            Assert.Contains($"process {Environment.ProcessId}", owner, StringComparison.Ordinal);
            Assert.True(FileLock.IsHeld(path));
        }

        Assert.False(FileLock.IsHeld(path));
        using FileLock? second = FileLock.TryTake(path, out _);
        Assert.NotNull(second);
    }
}
