using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class EmbeddingKernelTests
{
    public static TheoryData<int, int, int, int, float> Cases => new()
    {
        { 1, 1, 1, 1, 0 },
        { 2, 5, 7, 3, 0 },
        { 3, 8, 20, 16, 1 },
        { 4, 33, 65, 128, 0 },
        { 2, 17, 11, 70, 0.5f },
        { 2, 300, 500, 300, 0 },
        { 3, 50, 1500, 33, 2 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_are_looked_up_and_gradients_are_summed_into_them(int batch, int time, int vocabulary, int channels, float beta)
    {
        int rows = batch * time, positionRows = time + 3;
        using KernelCase c = new(rows);
        GuardedFloats y = c.Output(rows * channels), tokensOnly = c.Output(rows * channels);
        GuardedFloats dTable = c.Output(vocabulary * channels, beta), dPositions = c.Output(positionRows * channels, beta);
        GuardedFloats table = c.Input(vocabulary * channels), positions = c.Input(positionRows * channels);
        GuardedFloats dy = c.Input(rows * channels), workspace = c.Workspace(EmbeddingKernel.WorkspaceCount(rows, vocabulary));
        int[] token = [.. Enumerable.Range(0, rows).Select(_ => c.Next(vocabulary))];
        GuardedFloats indices = c.InputIntegers(rows, r => token[r]);
        c.Run(
            team =>
            {
                int* i = (int*)indices.Pointer;
                EmbeddingKernel.Forward<float>(y, i, table, positions, rows, time, channels, team);
                EmbeddingKernel.Forward<float>(tokensOnly, i, table, null, rows, time, channels, team);
                EmbeddingKernel.Backward<float, float>(dTable, dy, i, rows, vocabulary, channels, beta, (int*)workspace.Pointer, team);
                EmbeddingKernel.PositionBackward<float, float>(dPositions, dy, batch, time, positionRows, channels, beta, team);
            },
            () =>
            {
                double[] tableSum = Held(dTable), positionSum = Held(dPositions);
                for (int i = 0; i < rows * channels; i++)
                {
                    int row = i / channels, k = i % channels, t = row % time;
                    float looked = table[(token[row] * channels) + k];
                    Assert.Equal(looked, tokensOnly[i]);
                    Assert.Equal(looked + positions[(t * channels) + k], y[i]);
                    tableSum[(token[row] * channels) + k] += dy[i];
                    positionSum[(t * channels) + k] += dy[i];
                }

                for (int i = 0; i < tableSum.Length; i++)
                {
                    KernelCase.AssertNear(tableSum[i], dTable[i], 1e-5, "dTable", i);
                }

                for (int i = 0; i < positionSum.Length; i++)
                {
                    KernelCase.AssertNear(positionSum[i], dPositions[i], 1e-5, "dPositions", i);
                }
            });

        double[] Held(GuardedFloats gradient) => [.. gradient.Initial.Select(v => beta == 0 ? 0 : beta * (double)v)];
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_of_BF16_are_looked_up_and_gradients_are_rounded_once(int batch, int time, int vocabulary, int channels, float beta)
    {
        int rows = batch * time, positionRows = time + 3;
        using KernelCase c = new(rows);
        GuardedHalves y = c.OutputHalves(rows * channels), table = c.InputHalves(vocabulary * channels);
        GuardedHalves positions = c.InputHalves(positionRows * channels), dy = c.InputHalves(rows * channels);
        GuardedHalves dTable = c.OutputHalves(vocabulary * channels, beta), dPositions = c.OutputHalves(positionRows * channels, beta);
        GuardedFloats wideTable = c.Output(vocabulary * channels, i => beta == 0 ? float.NaN : dTable.Initial[i]);
        GuardedFloats widePositions = c.Output(positionRows * channels, i => beta == 0 ? float.NaN : dPositions.Initial[i]);
        GuardedFloats workspace = c.Workspace(EmbeddingKernel.WorkspaceCount(rows, vocabulary));
        int[] token = [.. Enumerable.Range(0, rows).Select(_ => c.Next(vocabulary))];
        GuardedFloats indices = c.InputIntegers(rows, r => token[r]);
        c.Run(
            team =>
            {
                int* i = (int*)indices.Pointer, w = (int*)workspace.Pointer;
                EmbeddingKernel.Forward<BF16>(y, i, table, positions, rows, time, channels, team);
                EmbeddingKernel.Backward<BF16, BF16>(dTable, dy, i, rows, vocabulary, channels, beta, w, team);
                EmbeddingKernel.Backward<float, BF16>(wideTable, dy, i, rows, vocabulary, channels, beta, w, team);
                EmbeddingKernel.PositionBackward<BF16, BF16>(dPositions, dy, batch, time, positionRows, channels, beta, team);
                EmbeddingKernel.PositionBackward<float, BF16>(widePositions, dy, batch, time, positionRows, channels, beta, team);
            },
            () =>
            {
                double[] sums = Array.ConvertAll(dTable.Initial, v => beta == 0 ? 0 : beta * (double)v);
                for (int i = 0; i < rows * channels; i++)
                {
                    int row = i / channels, k = i % channels;
                    float position = positions[(row % time * channels) + k];
                    Assert.Equal((BF16)(table[(token[row] * channels) + k] + position), (BF16)y[i]);
                    sums[(token[row] * channels) + k] += dy[i];
                }

                for (int i = 0; i < sums.Length; i++)
                {
                    KernelCase.AssertNear(sums[i], wideTable[i], 1e-5, "dTable", i);
                    Assert.Equal((BF16)wideTable[i], (BF16)dTable[i]);
                }

                for (int i = 0; i < dPositions.Count; i++)
                {
                    Assert.Equal((BF16)widePositions[i], (BF16)dPositions[i]);
                }
            });
    }
}
