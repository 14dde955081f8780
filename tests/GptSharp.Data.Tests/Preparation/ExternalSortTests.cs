using GptSharp.Data.Preparation;

namespace GptSharp.Data.Tests.Preparation;

public sealed class ExternalSortTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(128)]
    [InlineData(100_000)]
    public void Runs_on_the_disk_give_what_a_sort_in_memory_gives(int count)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(count);
        long[] numbers = [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(1000))];
        using (var sort = new ExternalSort<long>(folder.At("sort"), memoryBytes: 16_000))
        {
            Array.ForEach(numbers, sort.Add);
            Assert.Equal(numbers.Order(), sort.Sorted());
            Assert.Equal(numbers.Order(), sort.Sorted());
            Assert.Equal(count > 2000, Directory.EnumerateFiles(folder.Path).Any());
        }

        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }
}
