using GptSharp.Ptx.Memory;
using static GptSharp.Ptx.Tests.Memory.MemoryBench;

namespace GptSharp.Ptx.Tests.Memory;

public class RaceTests
{
    private const int Write = 0;
    private const int Read = 1;
    private const int VolatileWrite = 2;
    private const int VolatileRead = 3;
    private const int Add = 4;
    private static readonly Func<int, ulong> Own = lane => (ulong)(4 * lane);
    private static readonly Func<int, ulong> Neighbour = lane => (ulong)(4 * (lane ^ 1));
    private static readonly Func<int, ulong> First = _ => 0;

    [Fact]
    public void Another_warp_may_read_behind_a_barrier_and_not_before()
    {
        using var bench = Bench();
        bench.Store(Write, 0, Own, lane => (uint)lane);
        bench.Barrier();
        bench.Load(Read, 1, Own);
        Assert.Empty(bench.Findings);
        bench.Store(Write, 0, lane => Own(lane) + 128, lane => (uint)lane);
        bench.Load(Read, 1, lane => Own(lane) + 128);
        Finding finding = Assert.Single(bench.Findings);
        Assert.Equal("reads byte 128 of shared memory, which thread (0,0,0) wrote at line 1, without a barrier between the two warps.", finding.Message);
        Assert.Equal((FindingKind.Race, 2, new Dimensions(32, 0, 0)), (finding.Kind, finding.Line, finding.Thread));
    }

    [Fact]
    public void A_write_after_another_warps_read_needs_a_barrier()
    {
        using var bench = Bench();
        bench.Store(Write, 0, Own, lane => (uint)lane);
        bench.Barrier();
        bench.Load(Read, 0, Own);
        bench.Load(Read, 1, Own);
        bench.Store(Write, 1, Own, _ => 9);
        Assert.Equal("writes byte 0 of shared memory, which warp 0 read at line 2, without a barrier between the two warps.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void The_same_value_from_two_warps_is_no_race_and_another_value_is_one()
    {
        using var bench = Bench();
        bench.Store(Write, 0, Own, lane => (uint)lane);
        bench.Store(Write, 1, Own, lane => (uint)lane);
        bench.Load(Read, 0, Own);
        bench.Load(Read, 1, Own);
        Assert.Empty(bench.Findings);
        bench.Barrier();
        bench.Store(Write, 0, Own, lane => (uint)lane);
        bench.Store(Write, 1, Own, lane => lane == 5 ? 0 : (uint)lane);
        Assert.Equal("writes byte 20 of shared memory, where thread (5,0,0) stored another value at line 1, without a barrier between the two warps.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void Lanes_of_one_warp_need_a_warp_barrier_too()
    {
        using var bench = Bench();
        bench.Store(Write, 0, Own, lane => (uint)lane);
        bench.Load(Read, 0, Own);
        bench.Memory.SyncWarp(0, uint.MaxValue, uint.MaxValue);
        bench.Load(Read, 0, Neighbour);
        Assert.Empty(bench.Findings);
        bench.Store(Write, 0, lane => Own(lane) + 128, lane => (uint)lane);
        bench.Load(Read, 0, lane => Neighbour(lane) + 128);
        Assert.Equal("reads byte 132 of shared memory, which thread (1,0,0) wrote at line 1, without a bar.warp.sync between the two lanes.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void A_warp_may_reduce_step_by_step_with_a_warp_barrier_in_each()
    {
        using var bench = Bench();
        bench.Store(Write, 0, Own, lane => (uint)lane);
        for (int step = 16; step > 0; step /= 2)
        {
            uint mask = (1u << step) - 1;
            bench.Memory.SyncWarp(0, uint.MaxValue, uint.MaxValue);
            bench.Load(Read, 0, lane => (ulong)(4 * (lane + step)), mask);
            bench.Load(Read, 0, Own, mask);
            bench.Store(Write, 0, Own, lane => (uint)lane, mask);
        }

        Assert.Empty(bench.Findings);
    }

    [Fact]
    public void Two_lanes_of_one_store_must_not_store_different_values_to_one_word()
    {
        using var bench = Bench();
        bench.Store(Write, 0, First, _ => 7);
        Assert.Empty(bench.Findings);
        bench.Barrier();
        bench.Store(Write, 0, First, lane => (uint)lane);
        Assert.Equal(FindingKind.Race, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void A_write_after_all_lanes_read_the_word_needs_a_warp_barrier()
    {
        using var bench = Bench();
        bench.Store(Write, 0, First, _ => 7, 1);
        bench.Memory.SyncWarp(0, uint.MaxValue, uint.MaxValue);
        bench.Load(Read, 0, First);
        bench.Memory.SyncWarp(0, uint.MaxValue, uint.MaxValue);
        bench.Store(Write, 0, First, _ => 8, 1);
        Assert.Empty(bench.Findings);
        bench.Barrier();
        bench.Load(Read, 0, First);
        bench.Store(Write, 0, First, _ => 9, 1);
        Assert.Equal("writes byte 0 of shared memory, which another lane of its warp read at line 2, without a bar.warp.sync between the two lanes.", Assert.Single(bench.Findings).Message);
    }

    [Fact]
    public void Producers_and_consumers_may_hand_over_through_named_barriers()
    {
        // Warp 0 produces for warps 1 and 2; warp 3 takes no part and knows nothing.
        using var bench = Bench(warps: 4);
        for (uint round = 0; round < 3; round++)
        {
            bench.Store(Write, 0, Own, _ => round);
            Meet(bench, barrier: 1, [0, 1, 2], waiting: [1, 2]);
            bench.Load(Read, 1, Own);
            bench.Load(Read, 2, Own);
            Meet(bench, barrier: 2, [1, 2, 0], waiting: [0]);
        }

        Assert.Empty(bench.Findings);
        bench.Load(Read, 3, Own);
        Assert.Equal(FindingKind.Race, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void A_producer_that_only_arrived_may_not_overwrite()
    {
        using var bench = Bench(warps: 3);
        bench.Store(Write, 0, Own, _ => 1);
        Meet(bench, barrier: 1, [0, 1], waiting: [1]);
        bench.Load(Read, 1, Own);
        bench.Store(Write, 0, Own, _ => 2);
        Assert.Equal(FindingKind.Race, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void Readers_at_different_times_are_all_remembered_until_a_barrier_orders_them()
    {
        using var bench = Bench(warps: 4);
        bench.Store(Write, 0, Own, _ => 1);
        bench.Barrier(4);
        bench.Load(Read, 1, Own);
        Meet(bench, barrier: 1, [2, 3], waiting: [2, 3]);
        bench.Load(Read, 2, Own);
        Meet(bench, barrier: 2, [0, 2], waiting: [0, 2]);
        bench.Store(Write, 0, Own, _ => 2);
        Assert.Contains("which warp 1 read", Assert.Single(bench.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warps_that_ended_do_not_hold_a_barrier_up()
    {
        using var bench = Bench(warps: 3);
        bench.Store(Write, 2, Own, _ => 1);
        bench.Memory.ExitWarp(2);
        bench.Barrier(2);
        bench.Load(Read, 0, Own);
        Assert.Empty(bench.Findings);
    }

    [Fact]
    public void Volatile_and_atomic_accesses_race_with_nothing_of_their_kind()
    {
        using var bench = Bench();
        bench.Store(VolatileWrite, 0, First, _ => 1, 1);
        bench.Load(VolatileRead, 1, First);
        bench.Store(VolatileWrite, 1, First, _ => 2, 1);
        bench.Atomic(Add, 0, First, _ => 1);
        bench.Atomic(Add, 1, First, _ => 1);
        bench.Load(Read, 1, First);
        Assert.Empty(bench.Findings);
    }

    [Fact]
    public void An_atomic_after_another_warps_plain_store_is_a_race()
    {
        using var bench = Bench();
        bench.Store(Write, 0, First, _ => 0, 1);
        bench.Atomic(Add, 1, First, _ => 1);
        Assert.Equal(FindingKind.Race, Assert.Single(bench.Findings).Kind);
    }

    [Fact]
    public void Halves_of_a_word_belong_to_different_threads_without_a_race()
    {
        using var bench = new MemoryBench([Instruction(0, MemorySpace.Shared, 2), Instruction(1, MemorySpace.Shared)]);
        bench.Store(0, 0, lane => (ulong)(4 * lane), lane => (uint)lane);
        bench.Store(0, 1, lane => (ulong)(4 * lane) + 2, lane => (uint)lane);
        Assert.Empty(bench.Findings);
        bench.Load(1, 0, Own);
        Assert.Equal("reads byte 2 of shared memory, which thread (32,0,0) wrote at line 1, without a barrier between the two warps.", Assert.Single(bench.Findings).Message);
    }

    private static MemoryBench Bench(int warps = 2)
    {
        MemoryInstruction add = new()
        {
            Index = Add,
            Space = MemorySpace.Shared,
            ElementBytes = 4,
            Address = Address,
            AddressIsWide = true,
            Registers = [Values],
            Atomic = AtomicOperation.Add,
            AtomicType = AtomicType.U32,
        };
        return new MemoryBench(
            [
                Instruction(Write, MemorySpace.Shared),
                Instruction(Read, MemorySpace.Shared),
                Instruction(VolatileWrite, MemorySpace.Shared, order: MemoryOrder.Strong),
                Instruction(VolatileRead, MemorySpace.Shared, order: MemoryOrder.Strong),
                add,
            ],
            warps);
    }

    private static void Meet(MemoryBench bench, int barrier, int[] arriving, int[] waiting)
    {
        foreach (int warp in arriving)
        {
            bench.Memory.ArriveAtBarrier(barrier, warp);
        }

        bench.Memory.CompleteBarrier(barrier, waiting.Aggregate(0u, (mask, warp) => mask | (1u << warp)));
    }
}
