using GptSharp.Ptx.Memory;
using static GptSharp.Ptx.Tests.Memory.MemoryBench;

namespace GptSharp.Ptx.Tests.Memory;

public sealed class BlockRaceTests : IDisposable
{
    private readonly DeviceMemory _device = new();
    private readonly DeviceBuffer _buffer;

    public BlockRaceTests() => _buffer = _device.Allocate<uint>(new uint[256], "numbers");

    public void Dispose() => _device.Dispose();

    public static TheoryData<bool, bool> Orders => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_write_and_a_read_by_two_blocks_race_whoever_runs_first_and_where(bool secondFirst, bool twoWorkers)
    {
        using MemoryBench bench = Bench();
        Run(bench, secondFirst, twoWorkers, () => bench.Store(0, 0, At, _ => 1, 1u << 3), () => bench.Load(1, 1, At));
        Assert.Equal("writes byte 12 of buffer numbers, which block (1,0,0) reads in the same launch at line 2.", Assert.Single(bench.Findings).Message);
        Assert.Equal((FindingKind.Race, new Dimensions(0, 0, 0), new Dimensions(3, 0, 0)), (bench.Findings[0].Kind, bench.Findings[0].Block, bench.Findings[0].Thread));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Two_blocks_may_store_the_same_value_and_not_different_ones(bool secondFirst, bool twoWorkers)
    {
        using MemoryBench bench = Bench();
        Run(bench, secondFirst, twoWorkers, () => bench.Store(0, 0, At, lane => (uint)lane), () => bench.Store(0, 0, At, lane => lane == 9 ? 0 : (uint)lane));
        Assert.Equal("writes byte 36 of buffer numbers, where other blocks of the launch store other values.", Assert.Single(bench.Findings).Message);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_value_that_a_block_changes_is_not_the_same_value(bool secondFirst, bool twoWorkers)
    {
        using MemoryBench bench = Bench();
        Run(
            bench,
            secondFirst,
            twoWorkers,
            () =>
            {
                bench.Store(0, 0, At, _ => 1, 1);
                bench.Store(0, 0, At, _ => 2, 1);
            },
            () => bench.Store(0, 0, At, _ => 2, 1));
        Assert.Equal(FindingKind.Race, Assert.Single(bench.Findings).Kind);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Blocks_that_touch_different_bytes_do_not_race(bool secondFirst, bool twoWorkers)
    {
        using MemoryBench bench = Bench();
        Run(bench, secondFirst, twoWorkers, () => bench.Store(0, 0, At, _ => 1), () => bench.Store(0, 0, lane => At(lane) + 128, _ => 2));
        Assert.Empty(bench.Findings);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_write_to_what_is_read_as_constant_is_an_error_even_in_one_thread(bool secondFirst, bool twoWorkers)
    {
        using MemoryBench bench = Bench();
        Run(
            bench,
            secondFirst,
            twoWorkers,
            () =>
            {
                bench.Load(2, 0, At, 1);
                bench.Store(0, 0, At, _ => 1, 1);
            },
            () => { });
        Assert.Equal(FindingKind.ReadOnly, Assert.Single(bench.Findings).Kind);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Volatile_accesses_of_two_blocks_do_not_race(bool secondFirst, bool twoWorkers)
    {
        using MemoryBench bench = Bench();
        Run(bench, secondFirst, twoWorkers, () => bench.Store(3, 0, At, _ => 1), () => bench.Load(4, 0, At));
        Assert.Empty(bench.Findings);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_last_block_may_read_what_the_others_handed_on_through_a_fence_and_an_atomic(bool hasFence)
    {
        using MemoryBench bench = Bench();
        Run(
            bench,
            secondFirst: false,
            twoWorkers: false,
            () =>
            {
                bench.Store(0, 0, At, _ => 1);
                if (hasFence)
                {
                    bench.Memory.Fence(0, uint.MaxValue);
                }

                bench.Atomic(5, 0, _ => At(100), _ => 1, 1);
            },
            () =>
            {
                bench.Memory.Fence(0, uint.MaxValue);
                bench.Atomic(5, 0, _ => At(100), _ => 1, 1);
                bench.Load(1, 0, At);
            });
        Assert.Equal(hasFence ? 0 : 1, bench.Findings.Count);
    }

    private ulong At(int lane) => _buffer.Address + (ulong)(4 * lane);

    private MemoryBench Bench() => new(
        [
            Instruction(0, MemorySpace.Global),
            Instruction(1, MemorySpace.Global),
            Instruction(2, MemorySpace.Global, order: MemoryOrder.NonCoherent),
            Instruction(3, MemorySpace.Global, order: MemoryOrder.Strong),
            Instruction(4, MemorySpace.Global, order: MemoryOrder.Strong),
            new MemoryInstruction
            {
                Index = 5,
                Space = MemorySpace.Global,
                ElementBytes = 4,
                Address = Address,
                AddressIsWide = true,
                Registers = [Values],
                Atomic = AtomicOperation.Add,
                AtomicType = AtomicType.U32,
                OldValue = 1024,
            },
        ],
        blocks: 2,
        device: _device);

    private static void Run(MemoryBench bench, bool secondFirst, bool twoWorkers, Action first, Action second)
    {
        bench.Memory.BeginBlock(secondFirst ? 1 : 0);
        (secondFirst ? second : first)();
        bench.Memory.EndBlock();
        BlockMemory memory = twoWorkers ? bench.NewWorker() : bench.Memory;
        memory.BeginBlock(secondFirst ? 0 : 1);
        (secondFirst ? first : second)();
        memory.EndBlock();
        bench.Complete();
    }
}
