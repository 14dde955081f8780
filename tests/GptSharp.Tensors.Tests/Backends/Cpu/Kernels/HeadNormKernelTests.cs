using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class HeadNormKernelTests
{
    private const double Epsilon = 1e-5;

    public static TheoryData<int, int, int, int, float> Cases => new()
    {
        { 1, 1, 1, 1, 0 },
        { 9, 6, 3, 6, 1 },
        { 17, 4, 1, 13, 0 },
        { 5, 2, 2, 16, 0.5f },
        { 3, 2, 1, 80, 0 },
        { 3, 1, 1, 128, 1 },
        { 600, 3, 1, 7, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_and_every_gradient_are_the_formulas(int rows, int queryHeads, int keyHeads, int headSize, float beta)
    {
        HeadShape shape = new(rows, queryHeads, keyHeads, headSize);
        int heads = queryHeads + (2 * keyHeads), count = rows * heads * headSize, normed = queryHeads + keyHeads;
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count), rrms = c.Output(rows * normed), dx = c.Output(count, beta);
        GuardedFloats dQueryWeight = c.Output(headSize, beta), dKeyWeight = c.Output(headSize, beta);
        GuardedFloats x = c.Input(count, scale: 2), dy = c.Input(count);
        GuardedFloats queryWeight = c.Input(headSize), keyWeight = c.Input(headSize);
        GuardedFloats workspace = c.Workspace(HeadNormKernel.WorkspaceCount(shape));
        RMSNormOracle oracle = new(x.Initial, dy.Initial, Epsilon);
        c.Run(
            team =>
            {
                HeadNormKernel.Forward<float>(y, rrms, x, queryWeight, keyWeight, shape, (float)Epsilon, team);
                HeadNormKernel.Backward<float, float>(
                    dx, dQueryWeight, dKeyWeight, dy, x, queryWeight, keyWeight, rrms, shape, beta, beta, beta, workspace, team);
            },
            () =>
            {
                double[] querySum = new double[headSize], keySum = new double[headSize];
                for (int run = 0; run < rows * heads; run++)
                {
                    (int row, int head) = Math.DivRem(run, heads);
                    int start = run * headSize;
                    if (head >= normed)
                    {
                        CheckValues(start);
                        continue;
                    }

                    KernelCase.AssertNear(oracle.InverseOf(start, headSize), rrms[(row * normed) + head], 1e-5, "rrms", run);
                    bool isQuery = head < queryHeads;
                    oracle.CheckRow(
                        y, dx, (isQuery ? queryWeight : keyWeight).Initial, isQuery ? querySum : keySum, start, beta);
                }

                RMSNormOracle.CheckSum(querySum, dQueryWeight, beta, "dQueryWeight");
                RMSNormOracle.CheckSum(keySum, dKeyWeight, beta, "dKeyWeight");
            });

        void CheckValues(int start)
        {
            for (int i = start; i < start + headSize; i++)
            {
                Assert.Equal(x[i], y[i]);
                KernelCase.AssertNear(dy[i] + (beta == 0 ? 0 : beta * (double)dx.Initial[i]), dx[i], 1e-6, "dx", i);
            }
        }
    }

    [Fact]
    public void Each_gradient_may_be_left_out()
    {
        HeadShape shape = new(20, 3, 1, 7);
        int count = shape.Rows * shape.Width;
        using KernelCase c = new(1);
        GuardedFloats dxAll = c.Output(count), dQueryAll = c.Output(7), dKeyAll = c.Output(7);
        GuardedFloats dx = c.Output(count), dQuery = c.Output(7), dKey = c.Output(7);
        GuardedFloats x = c.Input(count), dy = c.Input(count), queryWeight = c.Input(7), keyWeight = c.Input(7);
        GuardedFloats rrms = c.Input(shape.Rows * shape.ScoreHeads, _ => 1.1f);
        GuardedFloats workspace = c.Workspace(HeadNormKernel.WorkspaceCount(shape));
        c.Run(
            team =>
            {
                void Run(float* gx, float* gq, float* gk) => HeadNormKernel.Backward(
                    gx, gq, gk, dy, x, queryWeight, keyWeight, rrms, shape, 0, 0, 0, workspace, team);
                Run(dxAll, dQueryAll, dKeyAll);
                Run(dx, null, null);
                Run(null, dQuery, null);
                Run(null, null, dKey);
            },
            () =>
            {
                Assert.Equal(dxAll.Values.ToArray(), dx.Values.ToArray());
                Assert.Equal(dQueryAll.Values.ToArray(), dQuery.Values.ToArray());
                Assert.Equal(dKeyAll.Values.ToArray(), dKey.Values.ToArray());
            });
    }
}
