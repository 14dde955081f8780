using GptSharp.Ptx.Memory;
using static GptSharp.Ptx.Tests.Memory.MemoryBench;

namespace GptSharp.Ptx.Tests.Memory;

public class AtomicArithmeticTests
{
    private const int Old = 1024;

    [Theory]
    [InlineData("Add", "U32", 0xffff_ffff, 2, 1)]
    [InlineData("Min", "U32", 0xffff_ffff, 2, 2)]
    [InlineData("Min", "S32", 0xffff_ffff, 2, 0xffff_ffff)]
    [InlineData("Max", "S32", 0xffff_ffff, 2, 2)]
    [InlineData("And", "B32", 0xf0f0, 0xff00, 0xf000)]
    [InlineData("Or", "B32", 0xf0f0, 0xff00, 0xfff0)]
    [InlineData("Xor", "B32", 0xf0f0, 0xff00, 0x0ff0)]
    [InlineData("Inc", "U32", 4, 5, 5)]
    [InlineData("Inc", "U32", 5, 5, 0)]
    [InlineData("Dec", "U32", 4, 5, 3)]
    [InlineData("Dec", "U32", 0, 5, 5)]
    [InlineData("Dec", "U32", 9, 5, 5)]
    [InlineData("Exchange", "B32", 4, 5, 5)]
    public void One_lane_changes_the_cell_and_gets_the_old_value(string operation, string type, uint old, uint operand, uint expected)
    {
        Assert.Equal((expected, old), Run(operation, type, old, operand));
    }

    [Fact]
    public void Compare_and_swap_stores_only_when_the_cell_is_as_expected()
    {
        Assert.Equal((8u, 7u), Run("CompareAndSwap", "B32", 7, 7, 8));
        Assert.Equal((6u, 6u), Run("CompareAndSwap", "B32", 6, 7, 8));
    }

    [Fact]
    public void Float_additions_flush_subnormals_in_global_memory_and_keep_them_in_shared()
    {
        const uint subnormal = 0x0000_0001;
        Assert.Equal(0u, Run("Add", "F32", subnormal, subnormal).Changed);
        Assert.Equal(2u, Run("Add", "F32", subnormal, subnormal, shared: true).Changed);
        Assert.Equal(BitConverter.SingleToUInt32Bits(3.5f), Run("Add", "F32", BitConverter.SingleToUInt32Bits(1.5f), BitConverter.SingleToUInt32Bits(2)).Changed);
    }

    [Theory]
    [InlineData(0x3f80_3f80, 0x3f80_3b80, 0x4000_3f81)]
    [InlineData(0x3f80_3f80, 0x3f80_3b81, 0x4000_3f81)]
    [InlineData(0x3f80_3f81, 0x3f80_3b80, 0x4000_3f82)]
    public void Pairs_of_bfloat16_round_to_nearest_even(uint old, uint operand, uint expected)
    {
        // 1 + 2^-8 is half a step above 1: to even it stays, a little more goes up.
        uint even = old == 0x3f80_3f80 && operand == 0x3f80_3b80 ? expected - 1 : expected;
        Assert.Equal(even, Run("Add", "BF16x2", old, operand).Changed);
    }

    [Fact]
    public void Pairs_of_binary16_are_added_side_by_side()
    {
        Assert.Equal(0x4000_4200u, Run("Add", "F16x2", 0x3c00_3c00, 0x3c00_4000).Changed);
    }

    [Fact]
    public void All_lanes_take_their_turn_on_one_cell()
    {
        using var bench = Bench("Add", "U32", out DeviceBuffer cell, 0, shared: false);
        bench.Atomic(0, 0, _ => cell.Address, lane => (ulong)lane);
        Assert.Equal(496u, cell.Read<uint>()[0]);
        Assert.Equal(435u, bench.OldLane(Old, 30));
    }

    private static (uint Changed, uint Old) Run(string operation, string type, uint old, uint operand, uint second = 0, bool shared = false)
    {
        using var bench = Bench(operation, type, out DeviceBuffer cell, old, shared);
        ulong address = shared ? 0 : cell.Address;
        if (shared)
        {
            bench.Store(1, 0, _ => 0, _ => old, 1);
        }

        bench.Store(2, 0, _ => 64, _ => second, 1);
        bench.Load(3, 0, _ => 64, 1);
        bench.Atomic(0, 0, _ => address, _ => operand, 1);
        uint before = bench.OldLane(Old, 0);
        bench.Load(1, 0, _ => 0, 1);
        Assert.DoesNotContain(bench.Findings, finding => finding.Kind != FindingKind.NeverWritten);
        return (shared ? bench.Lane(0) : cell.Read<uint>()[0], before);
    }

    private static MemoryBench Bench(string operation, string type, out DeviceBuffer cell, uint old, bool shared)
    {
        var device = new DeviceMemory();
        cell = device.Allocate<uint>([old], "cell");
        MemoryInstruction atomic = new()
        {
            Index = 0,
            Space = shared ? MemorySpace.Shared : MemorySpace.Global,
            ElementBytes = 4,
            Address = Address,
            AddressIsWide = true,
            Registers = [Values],
            Atomic = Enum.Parse<AtomicOperation>(operation),
            AtomicType = Enum.Parse<AtomicType>(type),
            SecondSource = 768,
            OldValue = Old,
        };
        MemoryInstruction loadSecond = new()
        {
            Index = 3,
            Space = MemorySpace.Shared,
            ElementBytes = 4,
            Address = Address,
            AddressIsWide = true,
            Registers = [768],
        };
        return new MemoryBench([atomic, Instruction(1, MemorySpace.Shared), Instruction(2, MemorySpace.Shared), loadSecond], device: device);
    }
}
