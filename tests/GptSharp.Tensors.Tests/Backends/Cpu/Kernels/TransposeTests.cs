using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class TransposeTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 9)]
    [InlineData(4, 8)]
    [InlineData(5, 7)]
    [InlineData(12, 33)]
    [InlineData(33, 12)]
    public void Rows_become_columns_of_either_storage(int rows, int columns)
    {
        const float Factor = 0.75f;
        int strideIn = columns + 3, strideOut = rows + 5;
        using KernelCase c = new(rows);
        GuardedHalves halves = c.InputHalves(((rows - 1) * strideIn) + columns);
        GuardedFloats floats = c.Input(halves.Count, i => halves.Initial[i]);
        GuardedFloats fromHalves = c.Output(columns * strideOut, _ => -1), fromFloats = c.Output(columns * strideOut, _ => -1);
        c.Run(
            _ =>
            {
                Transpose.Run<BF16>(fromHalves, strideOut, halves, strideIn, rows, columns, Factor);
                Transpose.Run<float>(fromFloats, strideOut, floats, strideIn, rows, columns, Factor);
            },
            () =>
            {
                for (int i = 0; i < columns * strideOut; i++)
                {
                    (int column, int row) = Math.DivRem(i, strideOut);
                    float expected = row < rows ? Factor * floats[(row * strideIn) + column] : -1;
                    Assert.Equal(expected, fromHalves[i]);
                    Assert.Equal(expected, fromFloats[i]);
                }
            });
    }
}
