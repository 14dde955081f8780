using GptSharp.Tensors.Backends.Cpu.Gemm;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

public unsafe class CacheLinesTests
{
    [Fact]
    public void Every_line_of_every_row_comes_once()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.Sse.IsSupported, "only x86 is asked for lines.");
        var matrix = new float[4 * 50];
        fixed (float* first = matrix)
        {
            CacheLines lines = CacheLines.Of(first, rows: 4, columns: 17, stride: 50);
            List<long> asked = [];
            while (!lines.IsEmpty)
            {
                asked.Add(lines.Next - (byte*)first);
                lines.Prefetch();
            }

            Assert.Equal([0, 64, 200, 264, 400, 464, 600, 664], asked);
        }
    }

    [Fact]
    public void Lines_of_a_factor_are_walked_as_they_lie()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.Sse.IsSupported, "only x86 is asked for lines.");
        var matrix = new BF16[4 * 64];
        fixed (BF16* first = matrix)
        {
            // Two terms of 64 lines each: 128 bytes of either row.
            CacheLines together = CacheLines.Of(new Lines<BF16>(first, 1, 64), count: 64, terms: 2);
            CacheLines apart = CacheLines.Of(new Lines<BF16>(first, 64, 1), count: 2, terms: 64);
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(i * 64, together.Next - (byte*)first);
                Assert.Equal(i * 64, apart.Next - (byte*)first);
                together.Prefetch();
                apart.Prefetch();
            }

            Assert.True(together.IsEmpty && apart.IsEmpty);
        }
    }

    [Fact]
    public void Nothing_is_empty() => Assert.True(CacheLines.Of((float*)null, 3, 3, 3).IsEmpty);
}
