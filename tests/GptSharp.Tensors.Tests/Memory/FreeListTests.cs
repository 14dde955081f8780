using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Memory;

public sealed class FreeListTests
{
    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    public void Sizes_are_rounded_up_to_whole_cache_lines(long bytes, long rounded) => Assert.Equal(rounded, FreeList.Round(bytes));

    [Fact]
    public void The_smallest_gap_that_suffices_is_taken_and_neighbours_merge_again()
    {
        var list = new FreeList();
        list.AddChunk(1024);
        Region[] regions = [.. new long[] { 256, 128, 64, 128, 64 }.Select(bytes => Take(list, bytes))];
        Assert.Equal([0L, 256, 384, 448, 576], regions.Select(region => region.Offset));

        list.Return(regions[0]);
        list.Return(regions[3]);
        Assert.Equal(448, Take(list, 64).Offset);    // out of the gap of 128, not of 256
        Assert.Equal(0, Take(list, 256).Offset);

        list.Return(new Region(0, 0, 256));
        list.Return(new Region(0, 448, 64));
        list.Return(regions[4]);
        list.Return(regions[2]);
        list.Return(regions[1]);
        Assert.Equal(new Region(0, 0, 1024), Take(list, 1024));
    }

    [Fact]
    public void Whatever_the_requests_regions_never_overlap_and_a_repetition_gets_the_same_without_a_new_chunk()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var list = new FreeList();
            List<long> chunks = [];
            List<Region> first = Run(list, chunks, new Random(seed));
            int chunkCount = chunks.Count;
            for (int repetition = 0; repetition < 2; repetition++)
            {
                list.Reset();
                Assert.Equal(first, Run(list, chunks, new Random(seed)));
                Assert.Equal(chunkCount, chunks.Count);
            }

            // Other requests in between may add chunks, and still change nothing for the first.
            list.Reset();
            Run(list, chunks, new Random(~seed));
            list.Reset();
            Assert.Equal(first, Run(list, chunks, new Random(seed)));
        }
    }

    [Fact]
    public void A_chunk_as_long_as_the_requests_reached_in_a_boundless_one_serves_them_at_the_same_places()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var boundless = new FreeList();
            boundless.AddChunk(1L << 50);
            List<long> chunks = [1L << 50];
            List<Region> planned = Run(boundless, chunks, new Random(seed));
            var exact = new FreeList();
            exact.AddChunk(planned.Max(region => region.Offset + region.Bytes));
            chunks = [planned.Max(region => region.Offset + region.Bytes)];
            Assert.Equal(planned, Run(exact, chunks, new Random(seed)));
            Assert.Single(chunks);
        }
    }

    private static List<Region> Run(FreeList list, List<long> chunks, Random random)
    {
        List<Region> taken = [], live = [];
        for (int i = 0; i < 60; i++)
        {
            if (live.Count > 0 && random.Next(5) < 2)
            {
                int place = random.Next(live.Count);
                list.Return(live[place]);
                live.RemoveAt(place);
                continue;
            }

            long bytes = FreeList.Round(1L << random.Next(12));
            if (!list.TryTake(bytes, out Region region))
            {
                // Later chunks are smaller, so that best fit would begin with them were they open from the start.
                chunks.Add(Math.Max(bytes, 4096 >> Math.Min(3, chunks.Count)));
                list.AddChunk(chunks[^1]);
                region = Take(list, bytes);
            }

            Assert.True(region.Offset >= 0 && region.Offset + region.Bytes <= chunks[region.Chunk]);
            Assert.DoesNotContain(live, other => other.Chunk == region.Chunk
                && other.Offset < region.Offset + region.Bytes && region.Offset < other.Offset + other.Bytes);
            live.Add(region);
            taken.Add(region);
        }

        return taken;
    }

    private static Region Take(FreeList list, long bytes)
    {
        Assert.True(list.TryTake(bytes, out Region region));
        return region;
    }
}
