using System.Text;

namespace GptSharp.GpuBench.Limits;

/// <summary>Kernels that do nothing but arithmetic in registers: what they reach is what a device can do at best.</summary>
internal static class PeakKernels
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    /// <summary>Floating-point operations of one turn of the BF16 kernel's loop, per warp: so many m16n8k16 products at once.</summary>
    public const long MatrixFlopsPerTurn = Chains * 2L * 16 * 8 * 16;

    /// <summary>Floating-point operations of one turn of the binary32 kernel's loop, per warp.</summary>
    public const long ScalarFlopsPerTurn = Chains * 2L * 32;

    // Enough that no product waits for the one before it.
    private const int Chains = 16;

    /// <summary>Parameters of both: where a sum goes that nobody reads (one float per thread), and turns of the loop.</summary>
    private const string Opening = """
        (.param .u64 sums, .param .u32 turns)
        .maxntid 256, 1, 1
        {
            .reg .pred %p;
            .reg .b32 %a<4>;
            .reg .b32 %b<2>;
            .reg .b32 %i;
            .reg .b32 %n;
            .reg .b32 %t;
            .reg .b32 %g;
            .reg .f32 %f<64>;
            .reg .f32 %s;
            .reg .b64 %d<3>;
            ld.param.u32 %n, [turns];
            mov.u32 %i, 0;
            mov.u32 %t, %tid.x;
            mov.u32 %g, %ctaid.x;
            mad.lo.u32 %g, %g, 256, %t;

        """;

    private const string Closing = """
            add.u32 %i, %i, 1;
            setp.lt.u32 %p, %i, %n;
            @%p bra LOOP;
            ld.param.u64 %d0, [sums];
            cvta.to.global.u64 %d0, %d0;
            mul.wide.u32 %d1, %g, 4;
            add.u64 %d2, %d0, %d1;

        """;

    /// <summary>The module: <c>peak_f32</c>, and <c>peak_bf16</c> where the device has it.</summary>
    public static byte[] Ptx(int capability)
    {
        var text = new StringBuilder(".version 7.0\n.target ").Append(capability >= 80 ? "sm_80" : "sm_70").Append("\n.address_size 64\n");
        WriteScalar(text);
        if (capability >= 80)
        {
            WriteMatrix(text);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void WriteScalar(StringBuilder text)
    {
        text.Append(".visible .entry peak_f32").Append(Opening);
        text.Append("cvt.rn.f32.u32 %s, %t;\n");
        Each(Chains, i => $"add.f32 %f{i}, %s, 0f{0x3F800000 + i:X8};");
        text.Append("LOOP:\n");
        Each(Chains, i => $"fma.rn.f32 %f{i}, %f{i}, 0f3F7FFFFF, 0f3F000000;");
        text.Append(Closing);
        Each(Chains, i => $"add.f32 %s, %s, %f{i};");
        text.Append("st.global.f32 [%d2], %s;\nret;\n}\n");

        void Each(int count, Func<int, string> line) => Append(text, count, line);
    }

    private static void WriteMatrix(StringBuilder text)
    {
        text.Append(".visible .entry peak_bf16").Append(Opening);

        // Pairs of 1 in BF16.
        Each(4, i => $"mov.u32 %a{i}, 0x3F803F80;");
        Each(2, i => $"mov.u32 %b{i}, 0x3F803F80;");
        Each(4 * Chains, i => $"mov.f32 %f{i}, 0f00000000;");
        text.Append("LOOP:\n");
        Each(Chains, i =>
        {
            string sums = $"{{%f{4 * i}, %f{(4 * i) + 1}, %f{(4 * i) + 2}, %f{(4 * i) + 3}}}";
            return $"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {sums}, {{%a0, %a1, %a2, %a3}}, {{%b0, %b1}}, {sums};";
        });
        text.Append(Closing);
        text.Append("mov.f32 %s, 0f00000000;\n");
        Each(4 * Chains, i => $"add.f32 %s, %s, %f{i};");
        text.Append("st.global.f32 [%d2], %s;\nret;\n}\n");

        void Each(int count, Func<int, string> line) => Append(text, count, line);
    }

    private static void Append(StringBuilder text, int count, Func<int, string> line)
    {
        for (int i = 0; i < count; i++)
        {
            text.Append(line(i)).Append('\n');
        }
    }
}
