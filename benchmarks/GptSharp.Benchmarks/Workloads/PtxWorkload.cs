using GptSharp.Ptx;
using GptSharp.Ptx.Memory;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>A kernel on the emulator: arithmetic alone, a matrix product or attention.</summary>
public sealed class PtxWorkload : IDisposable
{
    private const int Size = 512;
    private const int HeadSize = 64;
    private const int Heads = 2;
    private const int Turns = 200_000;
    private const string Arithmetic = """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry arithmetic(.param .u64 out, .param .u32 n)
        {
            .reg .f32 %f<12>; .reg .b32 %r<10>; .reg .b64 %d<4>; .reg .pred %p1;
            ld.param.u64 %d1, [out];
            ld.param.u32 %r1, [n];
            mov.u32 %r2, %tid.x;
            mov.u32 %r3, 0;
            cvt.rn.f32.u32 %f4, %r2;
            mov.f32 %f2, 0f3F000000;
            mov.f32 %f3, 0f3A000000;
            mov.f32 %f5, %f4;
            mov.f32 %f6, %f4;
            mov.f32 %f7, %f4;
        LOOP:
            fma.rn.f32 %f4, %f4, %f2, %f3;
            fma.rn.f32 %f5, %f5, %f2, %f3;
            fma.rn.f32 %f6, %f6, %f2, %f3;
            fma.rn.f32 %f7, %f7, %f2, %f3;
            add.s32 %r4, %r3, %r2;
            xor.b32 %r5, %r4, %r2;
            mul.f32 %f8, %f4, %f2;
            add.f32 %f9, %f8, %f5;
            fma.rn.f32 %f4, %f4, %f2, %f3;
            fma.rn.f32 %f5, %f5, %f2, %f3;
            shl.b32 %r6, %r5, 2;
            and.b32 %r7, %r6, 255;
            mad.lo.s32 %r8, %r7, %r2, %r3;
            sub.f32 %f10, %f9, %f4;
            mul.f32 %f11, %f10, %f2;
            add.s32 %r3, %r3, 1;
            setp.lt.u32 %p1, %r3, %r1;
            @%p1 bra LOOP;
            add.f32 %f4, %f4, %f11;
            cvt.rn.f32.u32 %f5, %r8;
            add.f32 %f4, %f4, %f5;
            mov.u32 %r9, %ctaid.x;
            mad.lo.u32 %r9, %r9, 32, %r2;
            mul.wide.u32 %d2, %r9, 4;
            add.s64 %d3, %d1, %d2;
            st.global.f32 [%d3], %f4;
            ret;
        }
        """;

    private static readonly (string Name, Action<PtxWorkload> Prepare)[] Cases =
    [
        ("arithmetic", PrepareArithmetic),
        ("bf16 product 512", PrepareProduct),
        ("attention 512x64", PrepareAttention),
    ];

    private readonly DeviceMemory _memory = new();
    private readonly Random _random = new(1);
    private readonly LaunchOptions _options;
    private Func<LaunchReport> _launch = () => throw new InvalidOperationException("Nothing is prepared.");

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="isChecked">Whether all checks are on.</param>
    /// <param name="threads">Threads that run blocks.</param>
    public PtxWorkload(string name, bool isChecked, int threads)
    {
        _options = new LaunchOptions { Checks = isChecked ? Checks.All : Checks.None, Workers = threads };
        Cases.Single(entry => entry.Name == name).Prepare(this);
    }

    /// <summary>What can be measured.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Cases.Select(entry => entry.Name)];

    /// <summary>Floating-point operations of one run; 0 where they are not the point.</summary>
    public double Flops { get; private set; }

    /// <summary>Launches the kernel once.</summary>
    public LaunchReport Run() => _launch();

    public void Dispose() => _memory.Dispose();

    private static void PrepareArithmetic(PtxWorkload w)
    {
        const int Blocks = 2;
        DeviceBuffer output = w._memory.Allocate(Blocks * 32 * sizeof(float), "out");
        w.Launch(PtxModule.Parse(Arithmetic), "arithmetic", new Dimensions(Blocks), new Dimensions(32), 0, output, Turns);
    }

    private static void PrepareProduct(PtxWorkload w)
    {
        const int Tile = 128;
        const int SharedBytes = 3 * 2 * Tile * Tile;
        (DeviceBuffer a, DeviceBuffer b) = (w.Bfloats(Size * Size, "a"), w.Bfloats(Size * Size, "b"));
        DeviceBuffer c = w._memory.Allocate(Size * Size * sizeof(ushort), "c");
        w.Flops = 2.0 * Size * Size * Size;
        w.Launch(
            ClangPtx.Compile("edited/gemm4"), "p_128x128x64_w8", new Dimensions(Size / Tile * (Size / Tile)), new Dimensions(256), SharedBytes,
            c, a, b, Size, Size, Size);
    }

    private static void PrepareAttention(PtxWorkload w)
    {
        const int Tile = 64;
        const int SharedBytes = 64 * 1024;
        int count = Heads * Size * HeadSize;
        (DeviceBuffer q, DeviceBuffer k, DeviceBuffer v) = (w.Bfloats(count, "q"), w.Bfloats(count, "k"), w.Bfloats(count, "v"));
        DeviceBuffer o = w._memory.Allocate(count * sizeof(ushort), "o");
        DeviceBuffer l = w._memory.Allocate(Heads * Size * sizeof(float), "l");

        // Two products of 2 T² D each, of which causality leaves half.
        w.Flops = 2.0 * Heads * Size * Size * HeadSize;
        w.Launch(
            ClangPtx.Compile("edited/attn_fwd3"), "fwd_d64_64x64", new Dimensions(Size / Tile, Heads), new Dimensions(128), SharedBytes,
            o, l, q, k, v, Size, 0.18f);
    }

    private void Launch(PtxModule module, string kernel, Dimensions grid, Dimensions block, int sharedBytes, params KernelArgument[] arguments)
    {
        LaunchOptions options = _options with { SharedBytes = sharedBytes };
        _launch = () => module.Launch(kernel, grid, block, arguments, _memory, options);
    }

    // Uniform in [-1, 1), cut to their upper halves.
    private DeviceBuffer Bfloats(int count, string name)
    {
        var values = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (ushort)(BitConverter.SingleToUInt32Bits((float)((2 * _random.NextDouble()) - 1)) >> 16);
        }

        return _memory.Allocate<ushort>(values, name);
    }
}
