namespace GptSharp.Files.Tests;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_write_replaces_the_whole_file_and_leaves_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("value.txt");
        AtomicFile.WriteText(path, "a long first content");

        AtomicFile.WriteText(path, "second");

        Assert.Equal("second", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_write_that_fails_in_the_middle_keeps_the_old_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("value.txt");
        AtomicFile.WriteText(path, "old");

        IOException error = Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[3_000_000]);
            throw new IOException("the cable was pulled");
        }));

        Assert.Equal($"{path} could not be written: the cable was pulled", error.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_writer_that_fails_for_a_reason_of_its_own_keeps_the_old_file_and_its_exception()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("value.txt");
        AtomicFile.WriteText(path, "old");

        Assert.Throws<FormatException>(() => AtomicFile.Write(path, _ => throw new FormatException("no such number")));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_full_disk_keeps_the_old_file()
    {
        using SmallDisk disk = SmallDisk.MountOrSkip(megabytes: 1);
        string path = Path.Combine(disk.Path, "value.txt");
        AtomicFile.WriteText(path, "old");

        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream => stream.Write(new byte[4_000_000])));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(disk.Path));
    }

    [Fact]
    public void A_hash_is_the_one_of_the_standard()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("abc");
        File.WriteAllText(path, "abc");

        // FIPS 180-2, appendix B.1.
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", FileHash.Sha256(path));
    }
}
