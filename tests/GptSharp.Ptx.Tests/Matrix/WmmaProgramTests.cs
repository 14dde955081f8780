using System.Globalization;
using GptSharp.Ptx.Memory;
using Xunit;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>wmma in kernels: matrices that are pieces of wider ones, in global and shared memory, with strides in registers and literals.</summary>
public class WmmaProgramTests
{
    private const int Stride = 40;

    [Theory]
    [InlineData("m16n16k16", "bf16", "f32", 4, 4, 8)]
    [InlineData("m16n16k16", "f16", "f32", 8, 8, 8)]
    [InlineData("m16n16k16", "f16", "f16", 8, 8, 4)]
    [InlineData("m32n8k16", "f16", "f32", 8, 8, 8)]
    [InlineData("m32n8k16", "bf16", "f32", 8, 2, 8)]
    [InlineData("m8n32k16", "f16", "f32", 8, 8, 8)]
    [InlineData("m8n32k16", "bf16", "f32", 2, 8, 8)]
    [InlineData("m16n16k8", "tf32", "f32", 4, 4, 8)]
    public void A_product_of_pieces_lands_in_its_piece(string shape, string factor, string accumulator, int aCount, int bCount, int cCount)
    {
        int[] sizes = [.. shape.Split('m', 'n', 'k').Skip(1).Select(size => int.Parse(size, CultureInfo.InvariantCulture))];
        (int m, int n, int k) = (sizes[0], sizes[1], sizes[2]);
        string types = factor == "f16" ? $"{accumulator}.{accumulator}" : $"{accumulator}.{factor}.{factor}.{accumulator}";
        int factorBytes = factor == "tf32" ? 4 : 2;
        string a = Group("%a", aCount);
        string b = Group("%b", bCount);
        string c = Group("%c", cCount);
        string d = Group("%d", cCount);
        string text = $$"""
            .version 7.8
            .target sm_80
            .address_size 64
            .visible .entry kernel(.param .u64 pa, .param .u64 pb, .param .u64 pc)
            {
                .shared .align 16 .b8 tile[{{Stride * 40 * factorBytes}}];
                .reg .b32 %a<8>, %b<8>, %c<8>, %d<8>, %r<8>;
                .reg .b64 %rd<8>;
                .reg .pred %p;
                ld.param.u64 %rd0, [pa];
                ld.param.u64 %rd1, [pb];
                ld.param.u64 %rd2, [pc];
                mov.u32 %r0, %tid.x;
                shl.b32 %r1, %r0, 2;
                cvt.u64.u32 %rd3, %r1;
                add.s64 %rd3, %rd3, %rd1;
                mov.u32 %r2, tile;
                add.s32 %r2, %r2, %r1;
                mov.u32 %r3, %r1;
            copy:
                ld.global.b32 %r4, [%rd3];
                st.shared.b32 [%r2], %r4;
                add.s64 %rd3, %rd3, 128;
                add.s32 %r2, %r2, 128;
                add.s32 %r3, %r3, 128;
                setp.lt.u32 %p, %r3, {{Stride * 40 * factorBytes}};
                @%p bra copy;
                bar.sync 0;
                mov.u32 %r5, {{Stride}};
                mov.u32 %r6, tile;
                wmma.load.a.sync.aligned.row.{{shape}}.global.{{factor}} {{a}}, [%rd0], %r5;
                wmma.load.b.sync.aligned.col.{{shape}}.shared.{{factor}} {{b}}, [%r6], {{Stride}};
                wmma.load.c.sync.aligned.row.{{shape}}.{{accumulator}} {{c}}, [%rd2], %r5;
                wmma.mma.sync.aligned.row.col.{{shape}}.{{types}} {{d}}, {{a}}, {{b}}, {{c}};
                wmma.store.d.sync.aligned.row.{{shape}}.global.{{accumulator}} [%rd2], {{d}}, %r5;
                ret;
            }
            """;

        var random = new Random(m);
        int[,] left = Draw(random);
        int[,] right = Draw(random);
        int[,] sum = Draw(random);
        using var memory = new DeviceMemory();
        DeviceBuffer aBuffer = memory.Allocate<byte>(Bytes(left, factor), "a");
        DeviceBuffer bBuffer = memory.Allocate<byte>(Bytes(right, factor), "b");
        DeviceBuffer cBuffer = memory.Allocate<byte>(Bytes(sum, accumulator), "c");
        PtxModule.Parse(text).Launch("kernel", new Dimensions(1), new Dimensions(32), [aBuffer, bBuffer, cBuffer], memory);

        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                // B lies column by column: element (p, j) is in row j of the array.
                sum[i, j] += Enumerable.Range(0, k).Sum(p => left[i, p] * right[j, p]);
            }
        }

        Assert.Equal(Bytes(sum, accumulator), cBuffer.Read<byte>());
    }

    private static string Group(string name, int count) => $"{{{string.Join(", ", Enumerable.Range(0, count).Select(index => $"{name}{index}"))}}}";

    private static int[,] Draw(Random random)
    {
        var matrix = new int[40, Stride];
        for (int i = 0; i < 40; i++)
        {
            for (int j = 0; j < Stride; j++)
            {
                matrix[i, j] = random.Next(-8, 9);
            }
        }

        return matrix;
    }

    private static byte[] Bytes(int[,] matrix, string type) => [.. matrix.Cast<int>().SelectMany(value => type switch
    {
        "f16" => BitConverter.GetBytes((Half)value),
        "bf16" => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
        _ => BitConverter.GetBytes((float)value),
    })];
}
