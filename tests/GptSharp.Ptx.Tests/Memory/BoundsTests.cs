using GptSharp.Ptx.Memory;
using static GptSharp.Ptx.Tests.Memory.MemoryBench;

namespace GptSharp.Ptx.Tests.Memory;

public class BoundsTests
{
    [Fact]
    public void A_load_behind_a_buffer_names_the_buffer_the_thread_and_the_line()
    {
        using var bench = BenchWith(MemorySpace.Global, out DeviceBuffer buffer);
        bench.Load(0, 1, lane => buffer.Address + (ulong)(4 * lane) + 68);
        Finding finding = Assert.Single(bench.Findings);
        Assert.Equal(FindingKind.OutOfBounds, finding.Kind);
        Assert.Equal("reads 4 bytes directly behind the end of buffer numbers (192 bytes).", finding.Message);
        Assert.Equal(new Dimensions(32 + 31, 0, 0), finding.Thread);
        Assert.Equal(1, finding.Line);
    }

    [Fact]
    public void The_lanes_inside_a_buffer_still_load_when_another_is_outside()
    {
        using var bench = BenchWith(MemorySpace.Global, out DeviceBuffer buffer);
        bench.Load(0, 0, lane => buffer.Address + (ulong)(4 * lane) + 68);
        Assert.Equal(17u + 30, bench.Lane(30));
        Assert.Equal(0u, bench.Lane(31));
    }

    [Fact]
    public void An_access_that_begins_inside_and_ends_outside_is_out_of_bounds()
    {
        using var bench = BenchWith(MemorySpace.Shared, out _, bytes: 8, sharedBytes: 20);
        bench.Store(0, 0, _ => 16, _ => 0, 1);
        Assert.Equal("writes 8 bytes at byte 16 of shared memory, which has 20 bytes.", Assert.Single(bench.Findings).Message);
    }

    [Theory]
    [InlineData("Shared", 4096)]
    [InlineData("Local", 64)]
    [InlineData("Parameter", 8)]
    public void The_first_byte_behind_a_space_is_out_of_bounds(string space, int bytes)
    {
        using var bench = BenchWith(Enum.Parse<MemorySpace>(space), out _);
        bench.Load(0, 0, _ => (ulong)bytes, 1);
        Assert.Equal(FindingKind.OutOfBounds, Assert.Single(bench.Findings).Kind);
    }

    [Theory]
    [InlineData("Global")]
    [InlineData("Shared")]
    [InlineData("Local")]
    [InlineData("Parameter")]
    public void An_address_that_is_no_multiple_of_the_access_is_misaligned_in_every_space(string space)
    {
        using var bench = BenchWith(Enum.Parse<MemorySpace>(space), out DeviceBuffer buffer);
        ulong start = space == "Global" ? buffer.Address : 0;
        bench.Load(0, 0, _ => start + 2, 1);
        Assert.Equal(FindingKind.Misaligned, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void A_vector_must_be_aligned_as_a_whole()
    {
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Shared, 4, 4), Instruction(1, MemorySpace.Shared, 4, 2)]);
        bench.Store(0, 0, _ => 8, _ => 0, 1);
        bench.Store(1, 0, _ => 8, _ => 0, 1);
        Assert.Equal("writes 16 bytes at byte 8 of shared memory, whose address is no multiple of 16.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void A_stale_pointer_into_a_freed_buffer_is_found_though_others_were_allocated_since()
    {
        var device = new DeviceMemory();
        DeviceBuffer old = device.Allocate(64, "old");
        device.Free(old);
        device.Allocate(64, "new");
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Global)], device: device);
        bench.Store(0, 0, _ => old.Address + 8, _ => 0, 1);
        Assert.Equal("writes 4 bytes at byte 8 of buffer old, which was freed.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void A_constant_buffer_can_be_read_and_not_written()
    {
        var device = new DeviceMemory();
        DeviceBuffer constants = device.Allocate<uint>([7, 8], "table", isReadOnly: true);
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Global)], device: device);
        bench.Load(0, 0, _ => constants.Address + 4, 1);
        Assert.Equal(8u, bench.Lane(0));
        Assert.Empty(bench.Findings);
        bench.Store(0, 0, _ => constants.Address, _ => 0, 1);
        Assert.Equal(FindingKind.ReadOnly, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void A_generic_instruction_reaches_a_different_space_from_each_lane()
    {
        var device = new DeviceMemory();
        DeviceBuffer buffer = device.Allocate<uint>([11], "numbers");
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Generic), Instruction(1, MemorySpace.Shared), Instruction(2, MemorySpace.Local)], device: device);
        bench.Store(1, 0, _ => 12, _ => 22, 1);
        bench.Store(2, 0, _ => 8, lane => (uint)(30 + lane));
        bench.Load(0, 0, lane => lane == 0 ? AddressWindows.Shared + 12 : lane == 1 ? buffer.Address : AddressWindows.Local + 8);
        Assert.Equal([22u, 11u, 32u, 61u], [bench.Lane(0), bench.Lane(1), bench.Lane(2), bench.Lane(31)]);
        Assert.Empty(bench.Findings);
    }

    [Fact]
    public void Bounds_and_alignment_hold_with_the_checks_off()
    {
        using var bench = BenchWith(MemorySpace.Global, out DeviceBuffer buffer, checks: Checks.None);
        bench.Load(0, 0, _ => buffer.Address + 400, 1);
        bench.Load(0, 0, _ => buffer.Address + 1, 1);
        Assert.Equal([FindingKind.OutOfBounds, FindingKind.Misaligned], bench.Findings.Select(finding => finding.Kind));
    }

    private static MemoryBench BenchWith(
        MemorySpace space, out DeviceBuffer buffer, int bytes = 4, int sharedBytes = 4096, Checks checks = Checks.All & ~Checks.Initialised)
    {
        var device = new DeviceMemory();
        buffer = device.Allocate<uint>([.. Enumerable.Range(0, 48).Select(i => (uint)i)], "numbers");
        return new MemoryBench([Instruction(0, space, bytes)], sharedBytes: sharedBytes, checks: checks, device: device);
    }
}
