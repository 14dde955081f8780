using GptSharp.Tensors.Backends.Cpu.Gemm;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

public class GemmPlanTests
{
    private static readonly int[] Sizes = [1, 2, 11, 12, 13, 31, 32, 33, 95, 96, 97, 300, 768, 1025, 4096, 50257];

    public static TheoryData<int, int> Tiles => new() { { 12, 32 }, { 6, 16 }, { 6, 8 } };

    [Theory]
    [MemberData(nameof(Tiles))]
    public void Blocks_and_panels_fit_into_their_room_and_more_rows_never_need_less(int tileRows, int tileColumns)
    {
        foreach (int n in Sizes)
        {
            foreach (int k in Sizes)
            {
                foreach ((Operand a, Operand b) in (ReadOnlySpan<(Operand, Operand)>)[
                    (Operand.AsIs, Operand.Transposed), (Operand.AsIs, Operand.AsIs), (Operand.Transposed, Operand.AsIs)])
                {
                    (long shared, long block) = (0, 0);
                    foreach (int m in Sizes)
                    {
                        GemmPlan plan = new(m, n, k, tileRows, tileColumns, a, b);
                        string what = $"{a} {b} {m} x {n} x {k}";
                        Assert.True((long)plan.RowBlock * plan.ColumnBlock <= plan.BlockElements, what);
                        Assert.True(SharedFloats(plan) <= plan.SharedFloats, what);
                        Assert.True(plan.SharesRows || plan.SharesColumns, what);
                        Assert.True(plan.RowBlocks * plan.RowBlock >= m && plan.ColumnBlocks * plan.ColumnBlock >= n, what);
                        Assert.True(plan.RowBlock % tileRows == 0 && plan.ColumnBlock % tileColumns == 0, what);
                        Assert.True(plan.SharesColumns || plan.ColumnBlock * GemmPlan.ChunkLength <= GemmPlan.PanelFloats - GemmPlan.LargestTile, what);
                        if (a == Operand.AsIs)
                        {
                            Assert.True(plan.SharedFloats >= shared && plan.BlockElements >= block, what);
                            (shared, block) = (plan.SharedFloats, plan.BlockElements);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void No_product_of_GPT2_takes_more_than_some_megabytes_of_panels()
    {
        GemmPlan head = new(256, 50304, 768, 12, 32, Operand.AsIs, Operand.Transposed);
        GemmPlan headBackward = new(256, 768, 50304, 12, 32, Operand.AsIs, Operand.AsIs);
        Assert.InRange(head.SharedFloats, 1, 1 << 18);
        Assert.InRange(headBackward.SharedFloats, 1, 5 << 20);
    }

    private static long SharedFloats(GemmPlan plan) =>
        (plan.SharesRows ? plan.SharedRowFloats : 0) + (plan.SharesColumns ? (long)plan.PaddedColumns * plan.RoundLength : 0);
}
