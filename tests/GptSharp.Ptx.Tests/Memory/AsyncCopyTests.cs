using GptSharp.Ptx.Memory;
using static GptSharp.Ptx.Tests.Memory.MemoryBench;

namespace GptSharp.Ptx.Tests.Memory;

public sealed class AsyncCopyTests : IDisposable
{
    private const int Copy = 0;
    private const int Read = 1;
    private const int Write = 2;
    private const int WriteGlobal = 3;
    private const int ShortCopy = 4;
    private readonly DeviceMemory _device = new();
    private readonly DeviceBuffer _source;

    public AsyncCopyTests() => _source = _device.Allocate<uint>([.. Enumerable.Range(0, 128).Select(i => (uint)i)], "numbers");

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_data_are_there_after_the_wait_for_the_thread_and_after_a_barrier_for_the_others()
    {
        using MemoryBench bench = Bench();
        Issue(bench, 0);
        bench.Memory.WaitCopies(0, uint.MaxValue, 0);
        bench.Load(Read, 0, lane => (ulong)(16 * lane));
        Assert.Equal(4u * 31, bench.Lane(31));
        bench.Barrier();
        bench.Load(Read, 1, lane => (ulong)(16 * lane));
        Assert.Empty(bench.Findings);
    }

    [Fact]
    public void A_read_before_the_wait_is_an_error_and_sees_the_old_data()
    {
        using MemoryBench bench = Bench();
        bench.Store(Write, 0, lane => (ulong)(16 * lane), _ => 77);
        Issue(bench, 0);
        bench.Load(Read, 0, lane => (ulong)(16 * lane));
        Assert.Equal("reads byte 0 of shared memory, where the cp.async at line 1 has not been waited for.", Assert.Single(bench.Findings).Message);
        Assert.Equal(77u, bench.Lane(0));
    }

    [Fact]
    public void A_barrier_before_the_wait_orders_nothing()
    {
        using MemoryBench bench = Bench();
        Issue(bench, 0);
        bench.Barrier();
        bench.Memory.WaitCopies(0, uint.MaxValue, 0);
        bench.Load(Read, 1, lane => (ulong)(16 * lane));
        Assert.Contains("without a barrier between the two warps", Assert.Single(bench.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_latest_groups_may_stay_on_their_way()
    {
        using MemoryBench bench = Bench();
        Issue(bench, 0);
        Issue(bench, 512);
        bench.Memory.WaitCopies(0, uint.MaxValue, 1);
        bench.Load(Read, 0, lane => (ulong)(16 * lane));
        Assert.Empty(bench.Findings);
        bench.Load(Read, 0, lane => (ulong)(16 * lane) + 512);
        Assert.Equal(FindingKind.AsyncCopy, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void A_store_over_a_copy_on_its_way_is_an_error()
    {
        using MemoryBench bench = Bench();
        Issue(bench, 0);
        bench.Store(Write, 0, lane => (ulong)(16 * lane), _ => 1, 1);
        Assert.Equal("writes byte 0 of shared memory, where the cp.async at line 1 has not been waited for.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void A_copy_over_data_that_another_warp_reads_in_the_same_interval_is_a_race()
    {
        using MemoryBench bench = Bench();
        bench.Store(Write, 1, lane => (ulong)(16 * lane), _ => 1);
        bench.Barrier();
        bench.Load(Read, 1, lane => (ulong)(16 * lane));
        Issue(bench, 0);
        Assert.Equal(FindingKind.Race, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void A_source_that_changes_before_the_wait_is_an_error()
    {
        using MemoryBench bench = Bench();
        Issue(bench, 0);
        bench.Barrier();
        bench.Store(WriteGlobal, 1, _ => _source.Address + 4, _ => 1000, 1);
        bench.Memory.WaitCopies(0, uint.MaxValue, 0);
        Assert.Equal("copies memory that was changed before the copy was waited for.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void A_short_copy_fills_up_with_zeros_and_reads_nothing_more()
    {
        DeviceBuffer last = _device.Allocate<uint>([127], "last");
        using MemoryBench bench = Bench();
        bench.Copy(ShortCopy, 0, _ => 0, _ => last.Address, 1);
        bench.Memory.CommitCopies(0, uint.MaxValue);
        bench.Memory.WaitCopies(0, uint.MaxValue, 0);
        bench.Memory.SyncWarp(0, uint.MaxValue, uint.MaxValue);
        bench.Load(Read, 0, lane => (ulong)(4 * lane), 0xf);
        Assert.Empty(bench.Findings);
        Assert.Equal([127u, 0u, 0u, 0u], [bench.Lane(0), bench.Lane(1), bench.Lane(2), bench.Lane(3)]);
    }

    [Fact]
    public void Lanes_count_their_groups_for_themselves()
    {
        using MemoryBench bench = Bench();
        bench.Copy(Copy, 0, lane => (ulong)(16 * lane), lane => _source.Address + (ulong)(16 * lane));
        bench.Memory.CommitCopies(0, 0xffff);
        bench.Memory.CommitCopies(0, 0xffff);
        bench.Memory.WaitCopies(0, uint.MaxValue, 1);
        bench.Load(Read, 0, lane => (ulong)(16 * lane), 0xffff);
        Assert.Empty(bench.Findings);
        bench.Load(Read, 0, lane => (ulong)(16 * lane));
        Assert.Equal(new Dimensions(16, 0, 0), Assert.Single(bench.Findings).Thread);
    }

    [Fact]
    public void With_the_checks_off_the_data_are_the_same()
    {
        using MemoryBench bench = Bench(Checks.None);
        Issue(bench, 0);
        bench.Memory.WaitCopies(0, uint.MaxValue, 0);
        bench.Load(Read, 0, lane => (ulong)(16 * lane));
        Assert.Equal(4u * 31, bench.Lane(31));
    }

    private void Issue(MemoryBench bench, int target)
    {
        bench.Copy(Copy, 0, lane => (ulong)(target + (16 * lane)), lane => _source.Address + (ulong)(16 * lane));
        bench.Memory.CommitCopies(0, uint.MaxValue);
    }

    private MemoryBench Bench(Checks checks = Checks.All) => new(
        [
            CopyInstruction(Copy, 16),
            Instruction(Read, MemorySpace.Shared),
            Instruction(Write, MemorySpace.Shared),
            Instruction(WriteGlobal, MemorySpace.Global),
            CopyInstruction(ShortCopy, 4),
        ],
        checks: checks,
        device: _device);

    private static MemoryInstruction CopyInstruction(int index, int read) => new()
    {
        Index = index,
        Space = MemorySpace.Shared,
        ElementBytes = 16,
        Address = Address,
        AddressIsWide = true,
        SourceAddress = Values,
        SourceBytes = read,
    };
}
