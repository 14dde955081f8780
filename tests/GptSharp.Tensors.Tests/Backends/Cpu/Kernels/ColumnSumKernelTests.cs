using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class ColumnSumKernelTests
{
    [Fact]
    public void Small_integers_give_the_exact_sums_for_every_number_of_columns_up_to_a_hundred()
    {
        for (int columns = 1; columns <= 100; columns++)
        {
            CheckExact(rows: 5, columns, beta: columns % 3);
        }
    }

    [Fact]
    public void Small_integers_give_the_exact_sums_for_every_number_of_rows_up_to_a_hundred()
    {
        for (int rows = 1; rows <= 100; rows++)
        {
            CheckExact(rows, columns: 3, beta: rows % 3);
        }
    }

    [Theory]
    [InlineData(1023, 511, 0)]
    [InlineData(1024, 512, 1)]
    [InlineData(1025, 513, 0.5f)]
    [InlineData(9001, 17, 1)]
    [InlineData(3, 5003, 0)]
    public void Several_runs_of_rows_and_pieces_of_columns_give_the_exact_sums(int rows, int columns, float beta) =>
        CheckExact(rows, columns, beta);

    [Fact]
    public void Other_numbers_are_within_the_rounding_of_their_chain_of_additions()
    {
        const int Rows = 700, Columns = 45;
        using KernelCase c = new(Rows);
        GuardedFloats sums = c.Output(Columns), x = c.Input(Rows * Columns);
        GuardedFloats workspace = c.Workspace(ColumnSumKernel.WorkspaceCount(Rows, Columns));
        c.Run(
            team => ColumnSumKernel.Run<float, float>(sums, x, Rows, Columns, 0, workspace, team),
            () =>
            {
                for (int column = 0; column < Columns; column++)
                {
                    double expected = 0, size = 0;
                    for (int row = 0; row < Rows; row++)
                    {
                        double value = x[(row * Columns) + column];
                        (expected, size) = (expected + value, size + Math.Abs(value));
                    }

                    // 16 rows in a run, then 44 runs.
                    Assert.Equal(expected, sums[column], 60 * size / (1 << 24));
                }
            });
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1025, 37, 1)]
    [InlineData(70, 513, 0.5f)]
    public void Rows_of_BF16_are_added_in_floats_and_rounded_once(int rows, int columns, float beta)
    {
        using KernelCase c = new(rows);
        GuardedHalves x = c.InputHalves(rows * columns), sums = c.OutputHalves(columns, beta);
        GuardedFloats wide = c.Output(columns, i => beta == 0 ? float.NaN : sums.Initial[i]);
        GuardedFloats workspace = c.Workspace(ColumnSumKernel.WorkspaceCount(rows, columns));
        c.Run(
            team =>
            {
                ColumnSumKernel.Run<BF16, BF16>(sums, x, rows, columns, beta, workspace, team);
                ColumnSumKernel.Run<float, BF16>(wide, x, rows, columns, beta, workspace, team);
            },
            () =>
            {
                for (int column = 0; column < columns; column++)
                {
                    double expected = beta == 0 ? 0 : beta * sums.Initial[column];
                    for (int row = 0; row < rows; row++)
                    {
                        expected += x[(row * columns) + column];
                    }

                    KernelCase.AssertNear(expected, wide[column], 1e-5, "sum", column);
                    Assert.Equal((BF16)wide[column], (BF16)sums[column]);
                }
            });
    }

    private static void CheckExact(int rows, int columns, float beta)
    {
        using KernelCase c = new((rows * 7919) + columns);
        GuardedFloats sums = c.Output(columns, i => beta == 0 ? float.NaN : 2 * i);
        GuardedFloats x = c.Input(rows * columns, _ => c.Next(17) - 8);
        GuardedFloats workspace = c.Workspace(ColumnSumKernel.WorkspaceCount(rows, columns));
        var expected = new float[columns];
        for (int i = 0; i < rows * columns; i++)
        {
            expected[i % columns] += x.Initial[i];
        }

        for (int column = 0; column < columns; column++)
        {
            expected[column] += beta == 0 ? 0 : beta * sums.Initial[column];
        }

        c.Run(
            team => ColumnSumKernel.Run<float, float>(sums, x, rows, columns, beta, workspace, team),
            () => Assert.Equal(expected, sums.Values.ToArray()));
    }
}
