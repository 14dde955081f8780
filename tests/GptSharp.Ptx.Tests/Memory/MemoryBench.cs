using System.Runtime.InteropServices;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Memory;

/// <summary>A block of some warps that use memory by hand, without a kernel: register 0 holds addresses, register 1 to 4 values.</summary>
internal sealed unsafe class MemoryBench : IDisposable
{
    public const int Address = 0;
    public const int Values = 256;
    private const int RegisterFileBytes = 4096;

    private readonly LaunchMemory _launch;
    private readonly FindingSink _sink;
    private readonly byte* _registers = (byte*)NativeMemory.AlignedAlloc(RegisterFileBytes, 64);
    private readonly List<MemoryInstruction> _instructions;

    public MemoryBench(
        IEnumerable<MemoryInstruction> instructions, int warps = 2, int blocks = 1, int sharedBytes = 4096, Checks checks = Checks.All, bool counters = false, DeviceMemory? device = null)
    {
        NativeMemory.Clear(_registers, RegisterFileBytes);
        _instructions = [.. instructions];
        Device = device ?? new DeviceMemory();
        var kernel = new KernelMemory
        {
            Name = "bench",
            Grid = new Dimensions(blocks),
            Block = new Dimensions(warps * 32),
            SharedBytes = sharedBytes,
            LocalBytes = 64,
            Parameters = [1, 2, 3, 4, 5, 6, 7, 8],
            Instructions = _instructions,
            InstructionCount = _instructions.Count,
            Locate = index => (index + 1, $"statement {index}"),
        };
        _sink = new FindingSink(kernel, 1000);
        _launch = new LaunchMemory(Device, kernel, checks, counters, _sink);
        Memory = _launch.CreateBlockMemory(0);
        Memory.BeginBlock(0);
    }

    public DeviceMemory Device { get; }

    public BlockMemory Memory { get; private set; }

    public IReadOnlyList<Finding> Findings => _sink.Findings;

    public static MemoryInstruction Instruction(
        int index, MemorySpace space, int bytes = 4, int count = 1, MemoryOrder order = MemoryOrder.Plain) => new()
        {
            Index = index,
            Space = space,
            ElementBytes = bytes,
            ElementCount = count,
            RegisterBytes = bytes == 8 ? 8 : 4,
            Order = order,
            Address = Address,
            AddressIsWide = true,
            Registers = [.. Enumerable.Range(0, count).Select(element => Values + (256 * element))],
        };

    public BlockMemory NewWorker()
    {
        Memory = _launch.CreateBlockMemory(1);
        return Memory;
    }

    public AccessCounts? Complete() => _launch.Complete();

    public void Load(int instruction, int warp, Func<int, ulong> address, uint mask = uint.MaxValue)
    {
        SetAddresses(address);
        Memory.Load(_instructions[instruction], _registers, warp, mask);
    }

    public void Store(int instruction, int warp, Func<int, ulong> address, Func<int, uint> value, uint mask = uint.MaxValue)
    {
        SetAddresses(address);
        for (int lane = 0; lane < 32; lane++)
        {
            SetLane(Values, lane, value(lane));
        }

        Memory.Store(_instructions[instruction], _registers, warp, mask);
    }

    public void Atomic(int instruction, int warp, Func<int, ulong> address, Func<int, ulong> value, uint mask = uint.MaxValue)
    {
        SetAddresses(address);
        for (int lane = 0; lane < 32; lane++)
        {
            if (_instructions[instruction].RegisterBytes == 8)
            {
                ((ulong*)(_registers + Values))[lane] = value(lane);
            }
            else
            {
                SetLane(Values, lane, (uint)value(lane));
            }
        }

        Memory.Atomic(_instructions[instruction], _registers, warp, mask);
    }

    public void Copy(int instruction, int warp, Func<int, ulong> target, Func<int, ulong> source, uint mask = uint.MaxValue)
    {
        SetAddresses(target);
        for (int lane = 0; lane < 32; lane++)
        {
            ((ulong*)(_registers + Values))[lane] = source(lane);
        }

        Memory.CopyAsync(_instructions[instruction], _registers, warp, mask);
    }

    public void Rows(int instruction, int warp, Func<int, ulong> address, byte[] into)
    {
        SetAddresses(address);
        fixed (byte* target = into)
        {
            Memory.ReadRows(_instructions[instruction], warp, uint.MaxValue, (ulong*)(_registers + Address), into.Length / 16, 16, target);
        }
    }

    /// <summary>All warps wait for each other.</summary>
    public void Barrier(int warps = 2)
    {
        for (int warp = 0; warp < warps; warp++)
        {
            Memory.ArriveAtBarrier(0, warp);
        }

        Memory.CompleteBarrier(0, (1u << warps) - 1);
    }

    public uint Lane(int lane, int element = 0) => ((uint*)(_registers + Values + (256 * element)))[lane];

    public ulong WideLane(int lane) => ((ulong*)(_registers + Values))[lane];

    public uint OldLane(int register, int lane) => ((uint*)(_registers + register))[lane];

    public void Dispose()
    {
        _launch.Dispose();
        Device.Dispose();
        NativeMemory.AlignedFree(_registers);
    }

    private void SetAddresses(Func<int, ulong> address)
    {
        for (int lane = 0; lane < 32; lane++)
        {
            ((ulong*)(_registers + Address))[lane] = address(lane);
        }
    }

    private void SetLane(int register, int lane, uint value) => ((uint*)(_registers + register))[lane] = value;
}
