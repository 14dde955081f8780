using System.IO.Hashing;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Tokens;

/// <summary>Measures the whole process, so no other test may run beside it.</summary>
[CollectionDefinition(nameof(SparseTokenFileTests), DisableParallelization = true)]
[Collection(nameof(SparseTokenFileTests))]
public sealed class SparseTokenFileTests
{
    private const int Chunk = HandmadeTokenFile.ChunkBytes;

    [Fact]
    public void A_token_file_of_30_GiB_opens_at_once_and_is_read_in_little_memory()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a file system whose files may have holes");
        using var folder = new TemporaryFolder();
        const long gibibyte = 1L << 30;
        const long dataBytes = 30 * gibibyte;
        const long count = dataBytes / 2;
        string path = folder.At("sparse.tokens");
        byte[] tables = HandmadeTokenFile.Tables([], Enumerable.Repeat(XxHash3.HashToUInt64(new byte[Chunk]), (int)(dataBytes / Chunk)));
        using (FileStream stream = File.Create(path))
        {
            stream.Write(HandmadeTokenFile.Header(1, 50257, 2, count, 0, tables));
            stream.SetLength(HandmadeTokenFile.HeaderBytes + dataBytes);
            stream.Position = stream.Length;
            stream.Write(tables);
        }

        tables = [];
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        long resident = Environment.WorkingSet;
        using TokenFile file = TokenFile.Open(path);
        var block = new int[1024];
        block.AsSpan().Fill(-1);
        file.Read(count - block.Length, block);

        Assert.Equal(count, file.Count);
        Assert.All(block, token => Assert.Equal(0, token));
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - managed < 2 << 20, "The managed heap grew by more than 2 MiB.");
        Assert.True(Environment.WorkingSet - resident < 64 << 20, "The process grew by more than 64 MiB.");
    }
}
