using System.Diagnostics;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;

namespace GptSharp.Data.Tests.Datasets;

public sealed class FullDiskTests
{
    [Fact]
    public void A_disk_that_fills_up_keeps_the_old_data_set_and_no_part_of_the_new_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a small tmpfs, which only Linux has");
        using var folder = new TemporaryFolder();
        string disk = Directory.CreateDirectory(folder.At("disk")).FullName;
        (int code, string error) = Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        Assert.SkipUnless(code == 0, $"a tmpfs cannot be mounted here: {error}");
        try
        {
            string target = Path.Combine(disk, "set");
            DatasetBuilder.Build(TextCorpus.Open(folder.Put("small.txt", new string('x', 1000))), target, new DatasetOptions(), null, TestContext.Current.CancellationToken);
            TextCorpus large = TextCorpus.Open(folder.Put("large.txt", new string('y', 3_000_000)));

            string sentence = Assert.Throws<IOException>(() => DatasetBuilder.Build(large, target, new DatasetOptions { Force = true }, null, TestContext.Current.CancellationToken)).Message;

            Assert.Contains("train.tokens could not be written", sentence, StringComparison.Ordinal);
            Assert.Equal([target], Directory.EnumerateFileSystemEntries(disk));
            using Dataset old = Dataset.Open(target);
            Assert.Equal(900, old.Train.Count);
        }
        finally
        {
            Run("umount", disk);
        }
    }

    private static (int Code, string Error) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
