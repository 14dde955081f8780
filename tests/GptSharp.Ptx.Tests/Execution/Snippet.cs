using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Execution;

/// <summary>
/// Runs a few PTX statements in every thread of a launch. %r0 is the thread's number in the grid; what the statements leave in %r1 is
/// its result.
/// </summary>
internal sealed class Snippet
{
    private readonly string _text;

    /// <summary>Wraps statements into a kernel.</summary>
    /// <param name="body">The statements.</param>
    /// <param name="module">What stands before the kernel.</param>
    public Snippet(string body, string module = "")
    {
        _text = $$"""
            .version 8.0
            .target sm_90
            .address_size 64
            {{module}}
            .visible .entry k(.param .u64 out, .param .u64 in)
            {
                .reg .pred %p<20>;
                .reg .b16 %h<20>;
                .reg .b32 %r<60>;
                .reg .f32 %f<20>;
                .reg .b64 %d<20>;
                ld.param.u64 %d0, [out];
                ld.param.u64 %d2, [in];
                mov.u32 %r50, %ctaid.x;
                mov.u32 %r51, %ntid.x;
                mov.u32 %r52, %tid.x;
                mad.lo.u32 %r0, %r50, %r51, %r52;
                mul.wide.u32 %d1, %r0, 4;
                add.s64 %d1, %d0, %d1;
                mov.u32 %r1, 0;
                {{body}}
                st.global.u32 [%d1], %r1;
                ret;
            }
            """;
    }

    /// <summary>How to launch.</summary>
    public LaunchOptions Options { get; init; } = new() { Workers = 1, StepLimit = 1_000_000 };

    /// <summary>What the kernel finds at "in".</summary>
    public uint[] Input { get; init; } = [0];

    /// <summary>The report of the last run.</summary>
    public LaunchReport? Report { get; private set; }

    /// <summary>The results of all threads.</summary>
    public uint[] Run(int threads = 32, int blocks = 1)
    {
        using var memory = new DeviceMemory();
        DeviceBuffer output = memory.Allocate<uint>(new uint[threads * blocks], "out");
        DeviceBuffer input = memory.Allocate<uint>(Input, "in");
        Report = PtxModule.Parse(_text).Launch("k", new Dimensions(blocks), new Dimensions(threads), [output, input], memory, Options);
        return output.Read<uint>();
    }

    /// <summary>The finding that ends the run.</summary>
    public Finding Fault(int threads = 32, int blocks = 1) => Assert.Throws<KernelFaultException>(() => Run(threads, blocks)).Finding;

    /// <summary>What each of 32 threads is expected to hold.</summary>
    public static uint[] Each(Func<uint, uint> expected, int threads = 32) => [.. Enumerable.Range(0, threads).Select(thread => expected((uint)thread))];
}
