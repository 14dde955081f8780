using GptSharp.Tensors.Backends.Cpu.Gemm;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

public sealed class GemmPlanTests
{
    private static readonly int[] Rows = [1, 5, 17, 96, 97, 116, 150, 198, 240, 405, 515, 693, 875, 1262, 2126];
    private static readonly int[] Columns = [1, 3, 33, 99, 136, 194, 231, 400, 692, 870, 1251, 2113];
    private static readonly int[] Terms = [1, 7, 72, 257, 700, 1500, 4065];

    public static TheoryData<int, int, bool> Tiles => new()
    {
        { 12, 32, true }, { 6, 16, true }, { 6, 8, true }, { 12, 8, true },
        { 12, 32, false }, { 6, 16, false }, { 6, 8, false }, { 12, 8, false },
    };

    [Theory]
    [MemberData(nameof(Tiles))]
    public void There_is_room_for_all_that_is_packed_and_for_the_largest_block(int tileRows, int tileColumns, bool sumsInPlace)
    {
        foreach (int m in Rows)
        {
            foreach (int n in Columns)
            {
                foreach (int k in Terms)
                {
                    Check(m, n, k, new GemmPlan(m, n, k, tileRows, tileColumns, Operand.AsIs, Operand.Transposed, sumsInPlace));
                    Check(m, n, k, new GemmPlan(m, n, k, tileRows, tileColumns, Operand.AsIs, Operand.AsIs, sumsInPlace));
                    Check(m, n, k, new GemmPlan(m, n, k, tileRows, tileColumns, Operand.Transposed, Operand.AsIs, sumsInPlace));
                }
            }
        }
    }

    [Theory]
    [InlineData(768, 512, 16, 1)]   // 64 tiles of 12 rows in sixteen fours, and no row packed twice
    [InlineData(768, 128, 16, 1)]
    [InlineData(4096, 384, 16, 1)]
    [InlineData(256, 3072, 1, 24)]
    [InlineData(256, 768, 1, 12)]
    public void Blocks_are_even_and_lines_are_packed_once(int m, int n, int rowBlocks, int columnBlocks)
    {
        var plan = new GemmPlan(m, n, k: 256, tileRows: 12, tileColumns: 32, Operand.AsIs, Operand.Transposed, sumsInPlace: true);
        Assert.Equal((rowBlocks, columnBlocks), (plan.RowBlocks, plan.ColumnBlocks));
    }

    private static void Check(int m, int n, int k, GemmPlan plan)
    {
        long packed = (long)(plan.SharesRows ? plan.PaddedRows : plan.PaddedColumns) * plan.RoundLength;
        Assert.True(packed <= plan.SharedFloats, $"({m}, {n}, {k}): {packed} floats are packed into {plan.SharedFloats}");

        // Sums in a block of the thread's own: neither in slices nor over several rounds.
        bool hasBlocks = plan.Slices == 1 && plan.RoundLength == k;
        int block = plan.RowBlock * plan.ColumnBlock;
        Assert.True(!hasBlocks || block <= plan.BlockElements, $"({m}, {n}, {k}): a block of {block} in room for {plan.BlockElements}");
    }
}
