using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class LaneTransposeTests
{
    public static TheoryData<SimdPath> Paths => [.. Enum.GetValues<SimdPath>()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Rows_become_columns_whatever_the_register(SimdPath path)
    {
        SimdPaths.Require(path);
        foreach (int rows in (ReadOnlySpan<int>)[1, 5, 6, 8, 12, 13, 16, 17, 32])
        {
            foreach (int columns in (ReadOnlySpan<int>)[1, 8, 15, 16, 33])
            {
                int strideIn = columns + 3, strideOut = rows + 5;
                using KernelCase c = new(rows);
                GuardedFloats source = c.Input(((rows - 1) * strideIn) + columns, i => i);
                GuardedFloats target = c.Output(columns * strideOut, _ => -1);
                c.Run(
                    _ => LaneDispatch.Run(new Turn(target, strideOut, source, strideIn, rows, columns), path),
                    () =>
                    {
                        for (int i = 0; i < columns * strideOut; i++)
                        {
                            (int column, int row) = Math.DivRem(i, strideOut);
                            Assert.Equal(row < rows ? source[(row * strideIn) + column] : -1, target[i]);
                        }
                    });
            }
        }
    }

    private readonly struct Turn(float* target, int strideOut, float* source, int strideIn, int rows, int columns) : ILaneAction
    {
        public void Run<T>()
            where T : unmanaged, ILanes<T> => LaneTranspose.Run<T, float>(target, strideOut, source, strideIn, rows, columns);
    }
}
