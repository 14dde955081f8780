using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Memory;

public class DeterminismTests
{
    // Block b: wanders through a loop of b mod 7 rounds, reads x[b], stores to y[INDEX], INDEX being what the test puts in.
    private const string Ptx = """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry k(.param .u64 y, .param .u64 x)
        {
            .reg .pred %p;
            .reg .b32 %r<8>;
            .reg .b64 %rd<8>;
            ld.param.u64 %rd1, [y];
            ld.param.u64 %rd2, [x];
            mov.u32 %r1, %ctaid.x;
            rem.u32 %r2, %r1, 7;
            mul.lo.u32 %r2, %r2, 500;
        LOOP:
            sub.s32 %r2, %r2, 1;
            setp.gt.s32 %p, %r2, 0;
            @%p bra LOOP;
            mul.wide.u32 %rd3, %r1, 4;
            add.s64 %rd4, %rd2, %rd3;
            ld.global.u32 %r3, [%rd4];
            mul.wide.u32 %rd5, %r3, 4;
            add.s64 %rd6, %rd1, %rd5;
            st.global.u32 [%rd6], %r1;
            ret;
        }
        """;

    private static readonly PtxModule Module = PtxModule.Parse(Ptx);

    [Fact]
    public void The_fault_of_the_lowest_block_ends_a_launch_on_any_number_of_cores()
    {
        for (int round = 0; round < 20; round++)
        {
            var fault = Assert.Throws<KernelFaultException>(() => Run(block => block is 13 or 14 or 20 or > 40 ? 100_000u : (uint)block, 4, 1));
            Assert.Equal((FindingKind.OutOfBounds, new Dimensions(13, 0, 0)), (fault.Finding.Kind, fault.Finding.Block));
        }
    }

    [Fact]
    public void Findings_that_are_collected_do_not_depend_on_who_ran_which_block()
    {
        string[] expected = Run(block => block % 11 == 5 ? 100_000u : (uint)block / 2, 1, 10);
        Assert.Equal(2, expected.Length);
        Assert.Contains("block (0,0,0)", expected[0], StringComparison.Ordinal);
        Assert.Contains("where other blocks of the launch store other values", expected[0], StringComparison.Ordinal);
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(expected, Run(block => block % 11 == 5 ? 100_000u : (uint)block / 2, 4, 10));
        }
    }

    private static string[] Run(Func<int, uint> index, int workers, int limit)
    {
        const int blocks = 64;
        using var memory = new DeviceMemory();
        DeviceBuffer x = memory.Allocate<uint>([.. Enumerable.Range(0, blocks).Select(index)], "x");
        DeviceBuffer y = memory.Allocate(blocks * 4, "y");
        var options = new LaunchOptions { Workers = workers, FindingLimit = limit };
        LaunchReport report = Module.Launch("k", new Dimensions(blocks), new Dimensions(1), [y, x], memory, options);
        return [.. report.Findings.Select(finding => finding.ToString())];
    }
}
