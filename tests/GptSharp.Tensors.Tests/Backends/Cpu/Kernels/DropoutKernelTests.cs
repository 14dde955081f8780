using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class DropoutKernelTests
{
    public static TheoryData<int, int, float, float> Cases => new()
    {
        { 1, 1, 0.5f, 0 },
        { 3, 7, 0.1f, 0 },
        { 2, 65, 0.3f, 1 },
        { 4, 100, 0f, 0 },
        { 2, 9001, 0.2f, 0 },
        { 1, 20_000, 0.9f, 0.5f },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_element_is_kept_where_its_uniform_number_is_at_least_the_rate(int samples, int elements, float rate, float beta)
    {
        RandomKey key = new(0xFEEDFACE12345678, Step: 9, FirstSample: 100, Site: 5);
        int count = samples * elements;
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count, beta), x = c.Input(count);
        c.Run(
            team => DropoutKernel.Run<float>(y, x, samples, elements, rate, key, beta, team),
            () =>
            {
                for (int i = 0; i < count; i++)
                {
                    uint sample = key.FirstSample + (uint)(i / elements);
                    bool kept = Philox.Uniform(key.Seed, key.Step, sample, key.Site, (ulong)(i % elements)) >= rate;
                    double expected = (kept ? x[i] / (1.0 - rate) : 0) + (beta == 0 ? 0 : beta * (double)y.Initial[i]);
                    KernelCase.AssertNear(expected, y[i], 1e-6, "y", i);
                }
            });
    }

    [Fact]
    public void A_sample_draws_the_same_mask_in_any_batch()
    {
        const int Elements = 1001;
        RandomKey key = new(1, Step: 2, FirstSample: 3, Site: 4);
        using KernelCase c = new(1);
        GuardedFloats together = c.Output(4 * Elements), alone = c.Output(Elements), x = c.Input(4 * Elements);
        c.Run(
            team =>
            {
                DropoutKernel.Run<float>(together, x, 4, Elements, 0.5f, key, 0, team);
                DropoutKernel.Run<float>(alone, x.Pointer + (2 * Elements), 1, Elements, 0.5f, key with { FirstSample = 5 }, 0, team);
            },
            () => Assert.Equal(together.Values.Slice(2 * Elements, Elements).ToArray(), alone.Values.ToArray()));
    }
}
