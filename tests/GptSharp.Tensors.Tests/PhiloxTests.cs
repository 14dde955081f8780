using System.Runtime.Intrinsics;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Tests.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests;

public class PhiloxTests
{
    // The known-answer vectors that the authors publish with the generator: counter, key, output.
    public static TheoryData<uint[], ulong, uint[]> KnownAnswers => new()
    {
        { [0, 0, 0, 0], 0, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        {
            [uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue], ulong.MaxValue,
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        },
        {
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], 0x299f31d0_a4093822,
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        },
    };

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void The_generator_gives_the_published_answers(uint[] counter, ulong key, uint[] expected)
    {
        Vector128<uint> words = Philox.Block(Vector128.Create(counter), key);
        Assert.Equal(Vector128.Create(expected), words);
    }

    [Fact]
    public void A_word_is_keyed_by_element_block_then_sample_then_step_then_site()
    {
        // The third published vector, entered through the project's keying: c0 = element / 4, c1 = sample, c2 = step, c3 = site.
        uint[] expected = [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1];
        for (ulong word = 0; word < 4; word++)
        {
            uint got = Philox.Word(
                seed: 0x299f31d0_a4093822, step: 0x13198a2e, sample: 0x85a308d3, site: 0x03707344,
                element: (0x243f6a88UL * 4) + word);
            Assert.Equal(expected[word], got);
        }
    }

    [Theory]
    [InlineData(SimdPath.Avx512)]
    [InlineData(SimdPath.Avx2)]
    [InlineData(SimdPath.Neon)]
    [InlineData(SimdPath.Vector128)]
    public unsafe void The_bulk_fill_equals_the_scalar_words_at_every_length_and_alignment(SimdPath path)
    {
        SimdPaths.Require(path);
        RandomKey key = new(0x0123456789ABCDEF, Step: 7, FirstSample: 11, Site: 13);
        uint[] words = new uint[300];
        foreach (ulong first in new ulong[] { 0, 1, 2, 3, 4, 1021, (1UL << 34) - 300 })
        {
            foreach (int count in new[] { 0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 131, 257, 300 })
            {
                Array.Fill(words, 0xDEADBEEF);
                fixed (uint* pointer = words)
                {
                    LaneDispatch.Run(new PhiloxFill(pointer, count, key, first), path);
                }

                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(Philox.Word(key.Seed, key.Step, key.FirstSample, key.Site, first + (ulong)i), words[i]);
                }

                Assert.All(words.Skip(count), w => Assert.Equal(0xDEADBEEF, w));
            }
        }
    }

    [Fact]
    public void Uniform_numbers_lie_in_the_half_open_unit_interval_with_the_moments_of_one()
    {
        float[] values = new float[100_000];
        Philox.FillUniform(values, seed: 1, step: 2, sample: 3, site: 4);
        Assert.All(values, v => Assert.InRange(v, 0f, 1f - (1f / (1 << 24))));
        Assert.Equal(Philox.Uniform(1, 2, 3, 4, 77), values[77]);

        // Four standard errors of the mean and of the mean square.
        Assert.Equal(0.5, values.Average(v => (double)v), 4 * Math.Sqrt(1.0 / 12 / values.Length));
        Assert.Equal(1.0 / 3, values.Average(v => (double)v * v), 4 * Math.Sqrt(4.0 / 45 / values.Length));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0.9999999f)]
    public void The_keep_threshold_is_the_comparison_of_the_uniform_number_with_p(float p)
    {
        uint threshold = Philox.KeepThreshold(p);
        Assert.True(Philox.ToUniform(threshold) >= p);
        Assert.True(threshold == 0 || Philox.ToUniform(threshold - 1) < p);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void A_probability_outside_the_unit_interval_is_refused(float p) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Philox.KeepThreshold(p));

    [Fact]
    public void An_element_index_beyond_32_bits_of_blocks_is_refused()
    {
        _ = Philox.Word(0, 0, 0, 0, (1UL << 34) - 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Philox.Word(0, 0, 0, 0, 1UL << 34));
        Assert.Throws<ArgumentOutOfRangeException>(() => Philox.Fill(new uint[2], 0, 0, 0, 0, (1UL << 34) - 1));
    }
}
