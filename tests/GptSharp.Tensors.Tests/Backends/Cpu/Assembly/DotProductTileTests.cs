using System.Globalization;
using System.Runtime.InteropServices;
using GptSharp.Tensors.Backends.Cpu.Assembly;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Assembly;

public unsafe class DotProductTileTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void A_tile_is_the_sum_of_its_pairs(int pairs, bool add)
    {
        Assert.SkipUnless(DotProductTile.IsAvailable, "this processor has no AVX512-BF16, or the system no Linux on x64.");
        const int stride = 37;
        BF16* a = Numbers(pairs * 2 * DotProductTile.Rows, seed: 1), b = Numbers(pairs * 2 * DotProductTile.Columns, seed: 2);
        var tile = new float[(DotProductTile.Rows * stride) + 8];
        Array.Fill(tile, 2);
        ReadAhead ahead = default;
        fixed (float* corner = tile)
        {
            DotProductTile.Run(corner, stride, (uint*)a, (uint*)b, pairs, add, ref ahead);
        }

        for (int i = 0; i < tile.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, stride);
            if (row >= DotProductTile.Rows || column >= DotProductTile.Columns)
            {
                Assert.Equal(2, tile[i]);
                continue;
            }

            double exact = add ? 2 : 0;
            for (int term = 0; term < 2 * pairs; term++)
            {
                (int pair, int half) = Math.DivRem(term, 2);
                exact += (double)a[(2 * ((pair * DotProductTile.Rows) + row)) + half] * b[(2 * ((pair * DotProductTile.Columns) + column)) + half];
            }

            Assert.Equal(exact, tile[i], 1e-6 * (pairs + 2));
        }

        NativeMemory.AlignedFree(a);
        NativeMemory.AlignedFree(b);
    }

    [Theory]
    [InlineData(3, 2, 0)]
    [InlineData(40, 0, 10)]
    [InlineData(41, 3, 8)]
    [InlineData(400, 2, 15)]
    public void It_asks_for_the_tiles_lines_and_then_for_the_next(int pairs, int tileRows, int expected)
    {
        Assert.SkipUnless(DotProductTile.IsAvailable, "this processor has no AVX512-BF16, or the system no Linux on x64.");
        BF16* a = Numbers(pairs * 2 * DotProductTile.Rows, seed: 1), b = Numbers(pairs * 2 * DotProductTile.Columns, seed: 2);
        var tile = new float[DotProductTile.Rows * DotProductTile.Columns];
        var source = new float[5 * 100];
        fixed (float* corner = tile, from = source)
        {
            // Five rows of three lines: 15 at most.
            CacheLines next = CacheLines.Of(from, rows: 5, columns: 40, stride: 100);
            ReadAhead ahead = new() { Tile = tileRows == 0 ? default : CacheLines.Of(corner, tileRows, 16, 32), Next = next };
            DotProductTile.Run(corner, DotProductTile.Columns, (uint*)a, (uint*)b, pairs, add: false, ref ahead);
            for (int i = 0; i < expected; i++)
            {
                next.Prefetch();
            }

            Assert.Equal((nint)next.Next, (nint)ahead.Next.Next);
            Assert.Equal(next.IsEmpty, ahead.Next.IsEmpty);
        }

        NativeMemory.AlignedFree(a);
        NativeMemory.AlignedFree(b);
    }

    [Fact]
    public void Its_pages_cannot_be_written()
    {
        Assert.SkipUnless(ExecutableMemory.IsSupported, "code is placed in memory on Linux on x64 only.");
        using ExecutableMemory code = new([0xC3]); // ret
        ((delegate* unmanaged<void>)code.Start)();

        // Mappings that touch and may do the same are one line.
        nint address = (nint)code.Start;
        string line = File.ReadLines("/proc/self/maps").Single(map =>
        {
            nint[] range = [.. map.Split(' ')[0].Split('-').Select(place => nint.Parse(place, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            return range[0] <= address && address < range[1];
        });
        Assert.Equal("r-xp", line.Split(' ')[1]);
    }

    private static BF16* Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = (BF16*)NativeMemory.AlignedAlloc((nuint)count * sizeof(ushort), 64);
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (BF16)(random.NextSingle() - 0.5f);
        }

        return numbers;
    }
}
