using GptSharp.Ptx.Memory;
using static GptSharp.Ptx.Tests.Memory.MemoryBench;

namespace GptSharp.Ptx.Tests.Memory;

public class InitialisationTests
{
    [Fact]
    public void Shared_memory_starts_as_never_written_in_every_block()
    {
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Shared)], blocks: 2);
        bench.Store(0, 0, lane => (ulong)(4 * lane), _ => 1);
        bench.Barrier();
        bench.Load(0, 0, lane => (ulong)(4 * lane));
        Assert.Empty(bench.Findings);
        bench.Memory.EndBlock();
        bench.Memory.BeginBlock(1);
        bench.Load(0, 0, lane => (ulong)(4 * lane));
        Finding finding = Assert.Single(bench.Findings);
        Assert.Equal((FindingKind.NeverWritten, new Dimensions(1, 0, 0)), (finding.Kind, finding.Block));
    }

    [Fact]
    public void A_thread_does_not_see_another_threads_local_memory()
    {
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Local)]);
        bench.Store(0, 0, _ => 4, _ => 1, 0xffff);
        bench.Load(0, 0, _ => 4, 0x0001_0001);
        Assert.Equal("reads byte 4 of the thread's local memory, which nothing wrote.", Assert.Single(bench.Findings).Message);
        Assert.Equal(new Dimensions(16, 0, 0), bench.Findings[0].Thread);
    }

    [Fact]
    public void A_kernel_may_read_what_the_host_or_an_earlier_launch_wrote()
    {
        var device = new DeviceMemory();
        DeviceBuffer buffer = device.Allocate(256, "numbers");
        buffer.Write<uint>([1, 2, 3, 4]);
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Global)], device: device);
        bench.Load(0, 0, lane => buffer.Address + (ulong)(4 * lane), 0xf);
        bench.Store(0, 0, lane => buffer.Address + (ulong)(4 * lane), _ => 1, 0xf0);
        using var next = new MemoryBench([Instruction(0, MemorySpace.Global)], device: device);
        next.Load(0, 0, lane => buffer.Address + (ulong)(4 * lane), 0xff);
        Assert.Empty(bench.Findings.Concat(next.Findings));
        next.Load(0, 0, lane => buffer.Address + (ulong)(4 * lane), 0x1ff);
        Assert.Equal("reads byte 32 of buffer numbers, which nothing wrote.", Assert.Single(next.Findings).Message);
    }

    [Fact]
    public void Bytes_of_a_vector_that_the_program_does_not_use_may_be_unwritten()
    {
        MemoryInstruction used = new()
        {
            Index = 1,
            Space = MemorySpace.Shared,
            ElementBytes = 4,
            ElementCount = 4,
            Address = Address,
            AddressIsWide = true,
            Registers = [Values, Values + 256, Values + 512, Values + 768],
            UsedBytes = 0xfff,
        };
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Shared), used]);
        bench.Store(0, 0, lane => (ulong)(4 * lane), _ => 1, 0b0111);
        bench.Barrier();
        bench.Load(1, 0, _ => 0, 1);
        Assert.Empty(bench.Findings);
        bench.Load(1, 0, _ => 16, 1);
        Assert.Equal(FindingKind.NeverWritten, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void What_a_launch_without_checks_touched_counts_as_written()
    {
        var device = new DeviceMemory();
        DeviceBuffer buffer = device.Allocate(128, "numbers");
        DeviceBuffer other = device.Allocate(128, "others");
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Global)], checks: Checks.None, device: device);
        bench.Store(0, 0, lane => buffer.Address + (ulong)(4 * lane), _ => 1);
        bench.Complete();
        Assert.Equal((128, 0), (buffer.CountWrittenBytes(), other.CountWrittenBytes()));
    }

    [Fact]
    public void The_check_can_be_left_out()
    {
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Shared)], checks: Checks.Races);
        bench.Load(0, 0, lane => (ulong)(4 * lane));
        Assert.Empty(bench.Findings);
    }
}
