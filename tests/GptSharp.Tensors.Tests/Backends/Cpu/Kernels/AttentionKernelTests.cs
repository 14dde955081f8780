using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class AttentionKernelTests
{
    // B, T, H, G, D, dropout, beta, options
    public static TheoryData<int, int, int, int, int, float, float, string> Cases => new()
    {
        { 1, 1, 1, 1, 1, 0, 0, "" },
        { 2, 5, 2, 2, 6, 0, 0, "" },
        { 1, 16, 3, 1, 13, 0, 1, "" },
        { 2, 33, 2, 2, 16, 0.3f, 0, "" },
        { 1, 64, 4, 2, 32, 0, 0, "" },
        { 2, 65, 4, 2, 20, 0.2f, 1, "" },
        { 1, 100, 2, 2, 80, 0, 0, "" },
        { 1, 131, 3, 3, 64, 0.1f, 0, "" },
        { 1, 300, 2, 1, 8, 0.5f, 0.5f, "" },
        { 1, 257, 1, 1, 33, 0, 0, "" },
        { 1, 19, 6, 3, 6, 0, 1, "window 1" },
        { 2, 7, 1, 1, 13, 0, 0, "window 3" },
        { 1, 200, 2, 2, 6, 0, 0, "window 64" },
        { 1, 300, 2, 1, 8, 0.2f, 0, "window 70" },
        { 1, 90, 2, 2, 8, 0, 0, "window 91" },
        { 1, 70, 2, 1, 13, 0, 1, "cap" },
        { 1, 70, 2, 2, 13, 0.2f, 0, "cap" },
        { 2, 140, 5, 5, 4, 0, 0, "alibi" },
        { 1, 8, 12, 1, 6, 0, 0, "alibi" },
        { 2, 33, 2, 1, 6, 0, 0, "documents" },
        { 2, 300, 2, 2, 5, 0.1f, 0.5f, "documents" },
        { 2, 4, 4, 2, 13, 0, 0, "window 3 cap alibi documents" },
        { 2, 150, 6, 3, 6, 0, 0, "window 40 cap alibi documents" },
        { 1, 150, 3, 1, 20, 0.3f, 1, "window 40 cap alibi documents" },
        { 17, 12, 4, 2, 3, 0, 0, "window 5 cap alibi documents" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_and_gradients_are_the_formulas(
        int batch, int time, int heads, int keyHeads, int size, float rate, float beta, string options)
    {
        RandomKey key = new(42, Step: 3, FirstSample: 5, Site: 7);
        float scale = (float)(1 / Math.Sqrt(size));
        AttentionShape shape = AttentionShape.Packed(batch, time, heads, keyHeads, size, scale);
        AttentionForm form = AttentionOptions.Form(heads, keyHeads, options);
        int[]? documents = AttentionOptions.DocumentStarts(batch, time, options);
        int width = (int)shape.QueryStride, keyAt = heads * size, valueAt = (heads + keyHeads) * size;
        using KernelCase c = new(time);
        GuardedFloats o = c.Output(batch * time * heads * size), logSumExp = c.Output(batch * heads * time);
        GuardedFloats dQkv = c.Output(batch * time * width, beta);
        GuardedFloats qkv = c.Input(batch * time * width, 1.5), dOutput = c.Input(batch * time * heads * size);
        GuardedFloats documentStarts = c.InputIntegers(batch * time, i => documents?[i] ?? 0);
        AttentionRules rules = new(form, documents is null ? null : (int*)documentStarts.Pointer);
        GuardedFloats workspace = c.Workspace(
            Math.Max(AttentionKernel.WorkspaceCount(shape, 8), AttentionBackwardKernel.WorkspaceCount(shape, 8)));
        AttentionOracle oracle = new(qkv.Initial, dOutput.Initial, documents, batch, time, size, form, scale, rate, key);
        c.Run(
            team =>
            {
                AttentionKernel.Forward<float>(
                    o, logSumExp, qkv, qkv.Pointer + keyAt, qkv.Pointer + valueAt, null, shape, rules, rate, key, workspace, team);
                AttentionBackwardKernel.Run<float>(
                    dQkv, dQkv.Pointer + keyAt, dQkv.Pointer + valueAt, dOutput,
                    qkv, qkv.Pointer + keyAt, qkv.Pointer + valueAt, o, logSumExp, shape, rules, rate, key, beta, workspace, team);
            },
            () =>
            {
                for (int i = 0; i < o.Count; i++)
                {
                    KernelCase.AssertNear(oracle.Output[i], o[i], 5e-6, "o", i);
                }

                for (int i = 0; i < logSumExp.Count; i++)
                {
                    KernelCase.AssertNear(oracle.LogSumExp[i], logSumExp[i], 3e-6, "logSumExp", i);
                }

                for (int i = 0; i < dQkv.Count; i++)
                {
                    double held = beta == 0 ? 0 : beta * (double)dQkv.Initial[i];
                    KernelCase.AssertNear(oracle.Gradient[i] + held, dQkv[i], 1e-5, "dQkv", i);
                }
            });
    }

    [Fact]
    public void Rows_may_lie_anywhere_and_the_log_sums_may_be_left_out()
    {
        const int Batch = 2, Time = 37, Heads = 2, Size = 12;
        AttentionShape packed = AttentionShape.Packed(Batch, Time, Heads, Heads, Size, 0.3f);
        AttentionShape apart = packed with { QueryStride = 31, KeyStride = 45, OutputStride = 29 };
        int width = (int)packed.QueryStride;
        using KernelCase c = new(2);
        GuardedFloats expected = c.Output(Batch * Time * Heads * Size), o = c.Output(Batch * Time * 29, beta: 1);
        GuardedFloats qkv = c.Input(Batch * Time * width);
        GuardedFloats q = c.Input(Batch * Time * 31, i => i % 31 < 24 ? qkv[(i / 31 * width) + (i % 31)] : float.NaN);
        GuardedFloats k = c.Input(Batch * Time * 45, i => i % 45 < 24 ? qkv[(i / 45 * width) + 24 + (i % 45)] : float.NaN);
        GuardedFloats v = c.Input(Batch * Time * 45, i => i % 45 < 24 ? qkv[(i / 45 * width) + 48 + (i % 45)] : float.NaN);
        GuardedFloats workspace = c.Workspace(AttentionKernel.WorkspaceCount(apart, 8));
        c.Run(
            team =>
            {
                AttentionKernel.Forward<float>(
                    expected, null, qkv, qkv.Pointer + 24, qkv.Pointer + 48, null, packed, default, 0, default, workspace, team);
                AttentionKernel.Forward<float>(o, null, q, k, v, null, apart, default, 0, default, workspace, team);
            },
            () =>
            {
                for (int i = 0; i < o.Count; i++)
                {
                    Assert.Equal(i % 29 < 24 ? expected[(i / 29 * 24) + (i % 29)] : o.Initial[i], o[i]);
                }
            });
    }

    [Fact]
    public void Scores_far_apart_neither_overflow_nor_vanish()
    {
        const int Time = 80;
        AttentionShape shape = AttentionShape.Packed(1, Time, 1, 1, 1, 1);
        using KernelCase c = new(1);
        GuardedFloats o = c.Output(Time), logSumExp = c.Output(Time);

        // q = 100, k falls from 50 to -29: scores from 5000 to -2900; each query's weight sits on key 0, whose value is 7.
        GuardedFloats qkv = c.Input(3 * Time, i => (i % 3) switch { 0 => 100, 1 => 50 - (i / 3), _ => i < 3 ? 7 : -1 });
        GuardedFloats workspace = c.Workspace(AttentionKernel.WorkspaceCount(shape, 8));
        c.Run(
            team => AttentionKernel.Forward<float>(
                o, logSumExp, qkv, qkv.Pointer + 1, qkv.Pointer + 2, null, shape, default, 0, default, workspace, team),
            () =>
            {
                Assert.True(o.Values.IndexOfAnyExcept(7f) < 0);
                Assert.All(logSumExp.Values.ToArray(), l => Assert.Equal(5000, l, 0.001f));
            });
    }
}
