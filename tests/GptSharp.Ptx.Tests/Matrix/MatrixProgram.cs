using System.Globalization;
using System.Text;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>Kernels of one warp around one matrix instruction, written by hand but for the counting of registers.</summary>
internal static class MatrixProgram
{
    /// <summary>
    /// D of an mma or movmatrix for every case, one block each: registers as [case][register][lane], loaded from and stored to global
    /// memory.
    /// </summary>
    public static uint[][][] Run(string form, MmaModel model, int destinations, uint[][][] a, uint[][][] b, uint[][][] c)
    {
        uint[][][][] sources = [.. new[] { a, b, c }.Where(source => source[0].Length > 0)];
        var text = new StringBuilder("""
            .version 7.8
            .target sm_90
            .address_size 64
            .visible .entry kernel(.param .u64 in0, .param .u64 in1, .param .u64 in2, .param .u64 out)
            {
                .reg .b32 %r<40>, %d<8>, %s0_<8>, %s1_<8>, %s2_<8>;
                .reg .b64 %rd<8>;
                mov.u32 %r0, %tid.x;
                mov.u32 %r1, %ctaid.x;

            """);
        for (int source = 0; source < sources.Length; source++)
        {
            int count = sources[source][0].Length;
            text.AppendLine(Address($"in{source}", count));
            for (int register = 0; register < count; register++)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    ld.global.b32 %s{source}_{register}, [%rd2+{128 * register}];");
            }
        }

        IEnumerable<string> operands = sources.Select((source, index) => Group($"%s{index}_", source[0].Length));
        text.AppendLine(CultureInfo.InvariantCulture, $"    {form} {Group("%d", destinations)}, {string.Join(", ", operands)};");
        text.AppendLine(Address("out", destinations));
        for (int register = 0; register < destinations; register++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    st.global.b32 [%rd2+{128 * register}], %d{register};");
        }

        text.AppendLine("    ret;\n}");

        using var memory = new DeviceMemory();
        DeviceBuffer[] inputs = [.. Enumerable.Range(0, 3).Select(index => memory.Allocate<uint>(
            index < sources.Length ? [.. sources[index].SelectMany(one => one).SelectMany(register => register)] : [0u], $"in{index}"))];
        DeviceBuffer output = memory.Allocate(a.Length * destinations * 128L, "out");
        PtxModule.Parse(text.ToString()).Launch(
            "kernel", new Dimensions(a.Length), new Dimensions(32), [inputs[0], inputs[1], inputs[2], output], memory, new LaunchOptions { Mma = model });
        uint[] results = output.Read<uint>();
        return [.. Enumerable.Range(0, a.Length).Select(one => Enumerable.Range(0, destinations)
            .Select(register => results[(((one * destinations) + register) * 32)..(((one * destinations) + register + 1) * 32)]).ToArray())];
    }

    /// <summary>
    /// The registers of ldmatrix from a shared array of bytes: lane l gives the address 16 · row[l]. Or, for stmatrix, the array after
    /// registers holding 0, 1, 2, ... by register and lane were stored.
    /// </summary>
    public static byte[] Shared(string form, int registers, byte[] shared, uint[] rows, bool store)
    {
        string group = Group("%d", registers);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $$"""
            .version 7.8
            .target sm_90
            .address_size 64
            .visible .entry kernel(.param .u64 in, .param .u64 rows, .param .u64 out)
            {
                .shared .align 16 .b8 array[{{shared.Length}}];
                .reg .b32 %r<40>, %d<8>;
                .reg .b64 %rd<8>;
                .reg .pred %p;
                mov.u32 %r0, %tid.x;
                mov.u32 %r2, array;
                ld.param.u64 %rd0, [in];
                ld.param.u64 %rd5, [out];
                mul.wide.u32 %rd1, %r0, 4;
                ld.param.u64 %rd3, [rows];
                add.s64 %rd3, %rd3, %rd1;
                ld.global.u32 %r3, [%rd3];
                shl.b32 %r3, %r3, 4;
                add.s32 %r3, %r3, %r2;
                add.s64 %rd2, %rd0, %rd1;
                mov.u32 %r4, %r0;
                shl.b32 %r5, %r0, 2;
                add.s32 %r5, %r5, %r2;
            fill:
                ld.global.b32 %r6, [%rd2];
                st.shared.b32 [%r5], %r6;
                add.s64 %rd2, %rd2, 128;
                add.s32 %r5, %r5, 128;
                add.s32 %r4, %r4, 32;
                setp.lt.u32 %p, %r4, {{shared.Length / 4}};
                @%p bra fill;
                bar.sync 0;
            """);
        if (store)
        {
            for (int register = 0; register < registers; register++)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    add.s32 %d{register}, %r0, {32 * register};");
            }

            text.AppendLine(CultureInfo.InvariantCulture, $$"""
                    {{form}} [%r3], {{group}};
                    bar.sync 0;
                    add.s64 %rd5, %rd5, %rd1;
                    mov.u32 %r4, %r0;
                    shl.b32 %r5, %r0, 2;
                    add.s32 %r5, %r5, %r2;
                drain:
                    ld.shared.b32 %r6, [%r5];
                    st.global.b32 [%rd5], %r6;
                    add.s64 %rd5, %rd5, 128;
                    add.s32 %r5, %r5, 128;
                    add.s32 %r4, %r4, 32;
                    setp.lt.u32 %p, %r4, {{shared.Length / 4}};
                    @%p bra drain;
                """);
        }
        else
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {form} {group}, [%r3];");
            text.AppendLine("    add.s64 %rd5, %rd5, %rd1;");
            for (int register = 0; register < registers; register++)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    st.global.b32 [%rd5+{128 * register}], %d{register};");
            }
        }

        text.AppendLine("    ret;\n}");
        using var memory = new DeviceMemory();
        DeviceBuffer input = memory.Allocate<byte>(shared, "in");
        DeviceBuffer places = memory.Allocate<uint>(rows, "rows");
        DeviceBuffer output = memory.Allocate(store ? shared.Length : 128 * registers, "out");
        PtxModule.Parse(text.ToString()).Launch("kernel", new Dimensions(1), new Dimensions(32), [input, places, output], memory);
        return output.Read<byte>();
    }

    // %rd2 = parameter + ((block * registers) * 32 + lane) * 4
    private static string Address(string parameter, int registers) => $"""
            ld.param.u64 %rd0, [{parameter}];
            mul.lo.u32 %r2, %r1, {32 * registers};
            add.u32 %r2, %r2, %r0;
            mul.wide.u32 %rd1, %r2, 4;
            add.u64 %rd2, %rd0, %rd1;
        """;

    private static string Group(string name, int count)
    {
        string members = string.Join(", ", Enumerable.Range(0, count).Select(index => name + index.ToString(CultureInfo.InvariantCulture)));
        return $"{{{members}}}";
    }
}
