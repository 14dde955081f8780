using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Counters;

public class LaunchCountersTests
{
    // Each thread loads x[STRIDE * tid] and, through shared memory at SHARED * tid, stores it to y[tid]; half the lanes add 1.
    private const string Ptx = """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry k(.param .u64 y, .param .u64 x, .param .u32 stride, .param .u32 shared)
        {
            .reg .pred %p;
            .reg .b32 %r<8>;
            .reg .b64 %rd<8>;
            .reg .f32 %f<4>;
            .shared .align 4 .b8 s[4352];
            ld.param.u64 %rd1, [y];
            ld.param.u64 %rd2, [x];
            ld.param.u32 %r1, [stride];
            ld.param.u32 %r2, [shared];
            mov.u32 %r3, %tid.x;
            mul.lo.s32 %r4, %r3, %r1;
            mul.wide.s32 %rd3, %r4, 4;
            add.s64 %rd4, %rd2, %rd3;
            ld.global.f32 %f1, [%rd4];
            mul.lo.s32 %r5, %r3, %r2;
            shl.b32 %r5, %r5, 2;
            mov.u32 %r6, s;
            add.s32 %r6, %r6, %r5;
            st.shared.f32 [%r6], %f1;
            bar.warp.sync -1;
            ld.shared.f32 %f2, [%r6];
            setp.gt.u32 %p, %r3, 15;
            @%p bra DONE;
            fma.rn.f32 %f2, %f2, 0f3F800000, 0f3F800000;
            ex2.approx.f32 %f3, %f2;
        DONE:
            mul.wide.s32 %rd5, %r3, 4;
            add.s64 %rd6, %rd1, %rd5;
            st.global.f32 [%rd6], %f2;
            ret;
        }
        """;

    [Theory]
    [InlineData(1, 0, 4)]
    [InlineData(2, 0, 8)]
    [InlineData(32, 0, 32)]
    [InlineData(1, 4, 5)]
    public void Loads_touch_as_many_sectors_as_their_stride_and_offset_make(int stride, int offset, int sectors)
    {
        LaunchCounters counters = Run(stride, 1, offset);
        Assert.Equal(sectors, Statement(counters, "ld.global.f32").Accesses.Sectors);
        Assert.Equal(1, Statement(counters, "ld.global.f32").Accesses.GlobalRequests);
        Assert.Equal(4, Statement(counters, "st.global.f32").Accesses.Sectors);
        Assert.Equal((256, 128, 128), (counters.Accesses.GlobalBytes, counters.UniqueBytesLoaded, counters.UniqueBytesStored));
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(33, 1)]
    [InlineData(1, 1)]
    public void Shared_accesses_take_a_wavefront_for_each_word_in_the_busiest_bank(int stride, int wavefronts)
    {
        InstructionAccesses accesses = Statement(Run(1, stride, 0), "ld.shared.f32").Accesses;
        Assert.Equal((1, wavefronts, 1), (accesses.SharedRequests, accesses.Wavefronts, accesses.IdealWavefronts));
    }

    [Fact]
    public void A_broadcast_takes_one_wavefront()
    {
        InstructionAccesses accesses = Statement(Run(0, 0, 0), "ld.shared.f32").Accesses;
        Assert.Equal((1, 1), (accesses.Wavefronts, accesses.IdealWavefronts));
    }

    [Fact]
    public void Instructions_are_counted_by_class_and_by_active_lane()
    {
        LaunchCounters counters = Run(1, 1, 0);
        Assert.Equal((1, 16), (counters.Count(InstructionClass.FusedMultiplyAdd), counters.CountLanes(InstructionClass.FusedMultiplyAdd)));
        Assert.Equal((1, 16), (counters.Count(InstructionClass.SpecialFunction), counters.CountLanes(InstructionClass.SpecialFunction)));
        Assert.Equal((2, 2, 4), (counters.Count(InstructionClass.Global), counters.Count(InstructionClass.Shared), counters.Count(InstructionClass.Constant)));
        Assert.Equal(0.5, Statement(counters, "ex2.approx").ActiveLaneShare);
        Assert.InRange(counters.ActiveLaneShare, 0.9, 1);
        Assert.InRange(counters.MaxLiveRegisters, 6, 12);
        Assert.Equal((1, 32), (counters.Blocks, counters.ThreadsPerBlock));
    }

    [Fact]
    public void A_statement_that_its_guard_switches_off_in_every_lane_was_issued_all_the_same()
    {
        const string Guarded = """
            .version 7.0
            .target sm_80
            .address_size 64
            .visible .entry k()
            {
                .reg .pred %p;
                .reg .b32 %r<3>;
                mov.u32 %r1, %tid.x;
                setp.gt.u32 %p, %r1, 40;
                @%p add.s32 %r2, %r1, 1;
                @%p bra DONE;
                xor.b32 %r2, %r1, 3;
            DONE:
                ret;
            }
            """;
        using var memory = new DeviceMemory();
        LaunchCounters counters = PtxModule.Parse(Guarded)
            .Launch("k", new Dimensions(1), new Dimensions(64), [], memory, new LaunchOptions { Counters = true }).Counters!;
        Assert.Equal((2, 23), Counts("add.s32"));
        Assert.Equal((2, 64), Counts("bra"));
        Assert.Equal((2, 41), Counts("xor.b32"));

        (long, long) Counts(string opcode)
        {
            StatementCounters statement = Assert.Single(
                counters.Statements, statement => statement.Text.Contains(opcode, StringComparison.Ordinal));
            return (statement.Executions, statement.ActiveLanes);
        }
    }

    [Fact]
    public void The_model_names_the_slowest_part_with_its_formula()
    {
        Roofline model = Roofline.Model(Run(32, 32, 0), GpuModel.Find("rtx 4090")!);
        Assert.Equal("shared memory", model.Bound.Name);
        Assert.Equal(64 / 2520.0, model.Bound.Microseconds, 1e-9);
        Assert.Equal("64 wavefronts of 128 bytes on the busiest multiprocessor / 1 per clock at 2.52 GHz", model.Bound.Formula);
        Assert.Equal(256 / (1008 * 0.92 * 1e3), model.Pipes.Single(pipe => pipe.Name == "device memory").Microseconds, 1e-12);
    }

    [Theory]
    [InlineData("fma", "rn.f32", InstructionClass.FusedMultiplyAdd)]
    [InlineData("add", "rn.f32", InstructionClass.Float)]
    [InlineData("fma", "rn.bf16x2", InstructionClass.Half)]
    [InlineData("div", "rn.f32", InstructionClass.Division)]
    [InlineData("div", "approx.ftz.f32", InstructionClass.SpecialFunction)]
    [InlineData("div", "s64", InstructionClass.Division)]
    [InlineData("ld", "global.nc.v4.f32", InstructionClass.Global)]
    [InlineData("st", "shared::cta.b32", InstructionClass.Shared)]
    [InlineData("ld", "param.u64", InstructionClass.Constant)]
    [InlineData("ld", "u32", InstructionClass.Generic)]
    [InlineData("cp", "async.cg.shared.global", InstructionClass.AsyncCopy)]
    [InlineData("mma", "sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", InstructionClass.Matrix)]
    [InlineData("mad", "lo.s32", InstructionClass.Integer)]
    public void Every_instruction_has_a_class(string opcode, string modifiers, InstructionClass expected) =>
        Assert.Equal(expected, InstructionClasses.Classify(opcode, modifiers.Split('.')));

    [Theory]
    [InlineData("mma", "sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 4096)]
    [InlineData("wmma", "mma.sync.aligned.row.col.m16n16k16.f32.f32", 8192)]
    [InlineData("wmma", "load.a.sync.aligned.row.m16n16k16.shared.f16", 0)]
    [InlineData("fma", "rn.f32", 0)]
    public void Matrix_operations_follow_from_the_shape(string opcode, string modifiers, long operations) =>
        Assert.Equal(operations, InstructionClasses.MatrixOperations(opcode, modifiers.Split('.')));

    private static StatementCounters Statement(LaunchCounters counters, string text) =>
        Assert.Single(counters.Statements, statement => statement.Text.StartsWith(text, StringComparison.Ordinal));

    private static LaunchCounters Run(int stride, int shared, int offset)
    {
        using var memory = new DeviceMemory();
        DeviceBuffer x = memory.Allocate<float>(new float[(32 * 32) + 1], "x");
        DeviceBuffer y = memory.Allocate(128, "y");
        var options = new LaunchOptions { Counters = true };
        return PtxModule.Parse(Ptx)
            .Launch("k", new Dimensions(1), new Dimensions(32), [y, x.Address + (ulong)offset, stride, shared], memory, options).Counters!;
    }
}
