using GptSharp.Tensors.Backends.Cpu.Gemm;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

public sealed class GemmPlanTests
{
    private static readonly int[] Rows = [1, 5, 17, 96, 97, 116, 150, 198, 240, 405, 515, 693, 875, 1262, 2126];
    private static readonly int[] Columns = [1, 3, 33, 99, 136, 194, 231, 400, 692, 870, 1251, 2113];
    private static readonly int[] Terms = [1, 7, 72, 257, 700, 1500, 4065];

    public static TheoryData<int, int> Tiles => new() { { 12, 32 }, { 6, 16 }, { 6, 8 } };

    [Theory]
    [MemberData(nameof(Tiles))]
    public void There_is_room_for_all_that_is_packed_and_for_the_largest_block(int tileRows, int tileColumns)
    {
        foreach (int m in Rows)
        {
            foreach (int n in Columns)
            {
                foreach (int k in Terms)
                {
                    Check(m, n, k, new GemmPlan(m, n, k, tileRows, tileColumns, Operand.AsIs, Operand.Transposed));
                    Check(m, n, k, new GemmPlan(m, n, k, tileRows, tileColumns, Operand.AsIs, Operand.AsIs));
                    Check(m, n, k, new GemmPlan(m, n, k, tileRows, tileColumns, Operand.Transposed, Operand.AsIs));
                }
            }
        }
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
