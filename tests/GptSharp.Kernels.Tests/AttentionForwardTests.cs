using GptSharp.Ptx;

namespace GptSharp.Kernels.Tests;

/// <summary>Attention forward against binary64, at ragged lengths and in every form, with all checks of the emulator on.</summary>
public sealed class AttentionForwardTests
{
    public static TheoryData<string> TensorCoreKernels => new(
        from kind in (string[])["d64_plain", "d64_dropout", "d64_local", "d64_all", "d64_long_plain", "d64_long_local", "d128_plain", "d128_dropout", "d128_local", "d128_all"]
        select $"attention_{kind}_bf16");

    public static TheoryData<string> OtherKernels => new(
        from kind in (string[])["64", "64_few", "128", "128_few", "256"]
        from storage in (string[])["f32", "bf16"]
        select $"attention_{kind}_{storage}");

    [Theory]
    [MemberData(nameof(TensorCoreKernels))]
    public void Tensor_core_kernels_are_right_at_ragged_lengths(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        foreach (int time in (int[])[1, 17, 63, 64, 65, 129, 200])
        {
            kernel.Check(new(1, time, 1, 1, kernel.HeadSize));
        }

        kernel.Check(new(2, 136, 6, 2, kernel.HeadSize));
    }

    [Theory]
    [MemberData(nameof(TensorCoreKernels))]
    public void Tensor_core_kernels_are_right_in_the_forms_they_are_for(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        AttentionProblem problem = new(2, 200, 3, 1, kernel.HeadSize);
        bool local = name.Contains("local", StringComparison.Ordinal) || name.Contains("all", StringComparison.Ordinal);
        bool all = name.Contains("_all_", StringComparison.Ordinal), dropout = all || name.Contains("dropout", StringComparison.Ordinal);
        foreach (AttentionProblem form in Forms(problem))
        {
            bool isLocal = form.Window > 0 || form.DocumentLength > 0 || form.HasIslands, isShaped = form.Alibi || form.SoftCap > 0;
            if ((!isLocal || local) && (!isShaped || all) && (form.DropoutRate == 0 || dropout))
            {
                kernel.Check(form);
            }
        }
    }

    [Theory]
    [MemberData(nameof(OtherKernels))]
    public void Kernels_for_everything_are_right_at_any_head_size_length_and_form(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        bool isHalf = name.EndsWith("bf16", StringComparison.Ordinal);
        int most = kernel.HeadSize;
        foreach ((int time, int headSize) in ((int, int)[])[(1, 1), (17, 13), (33, 6), (40, most), (65, most / 2 + 3)])
        {
            kernel.Check(new(2, time, 2, 1, headSize), isHalf);
        }

        foreach (AttentionProblem form in Forms(new(2, 49, 2, 1, most == 64 ? 13 : most - 7)))
        {
            kernel.Check(form, isHalf);
        }
    }

    [Theory]
    [MemberData(nameof(TensorCoreKernels))]
    [MemberData(nameof(OtherKernels))]
    public void Bits_do_not_depend_on_the_order_of_warps_and_blocks(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        bool isHalf = name.EndsWith("bf16", StringComparison.Ordinal);
        AttentionProblem problem = new(1, 132, 2, 1, kernel.HeadSize);
        AttentionKernel.Result straight = kernel.Run(problem, isHalf);
        foreach (int seed in (int[])[1, 2])
        {
            AttentionKernel.Result shuffled = kernel.Run(problem, isHalf, new LaunchOptions { ShuffleSeed = seed, Workers = 1 });
            Assert.Equal(straight.Y, shuffled.Y);
            Assert.Equal(straight.LogSumExp, shuffled.LogSumExp);
        }
    }

    /// <summary>Which kernel of a head size is taken is a matter of speed only.</summary>
    [Fact]
    public void Tiles_of_64_and_128_queries_give_the_same_bits()
    {
        AttentionProblem problem = new(1, 300, 2, 1, 64);
        AttentionKernel.Result narrow = AttentionKernel.D64("plain").Run(problem);
        AttentionKernel.Result wide = AttentionKernel.D64("long_plain").Run(problem);
        AttentionKernel.Result general = AttentionKernel.D64("local").Run(problem);
        Assert.Equal(narrow.Y, wide.Y);
        Assert.Equal(narrow.LogSumExp, wide.LogSumExp);
        Assert.Equal(narrow.Y, general.Y);
    }

    [Theory]
    [InlineData("attention_d64_plain_bf16")]
    [InlineData("attention_d128_all_bf16")]
    [InlineData("attention_64_f32")]
    public void Results_hold_with_the_worst_functions_that_a_GPU_may_have(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        kernel.Check(
            new(1, 100, 2, 1, kernel.HeadSize), name.EndsWith("bf16", StringComparison.Ordinal), new LaunchOptions { Perturb = true, Workers = 1 });
    }

    private static AttentionProblem[] Forms(AttentionProblem problem) =>
    [
        problem with { Window = 1 },
        problem with { Window = 40 },
        problem with { Window = 64 },
        problem with { Window = 500 },
        problem with { DocumentLength = 1 },
        problem with { DocumentLength = 37 },
        problem with { DocumentLength = 64, HasIslands = true },
        problem with { Window = 70, DocumentLength = 90 },
        problem with { SoftCap = 1.5 },
        problem with { SoftCap = 50 },
        problem with { Alibi = true },
        problem with { Alibi = true, Window = 30, SoftCap = 3 },
        problem with { Time = problem.Time / 4 * 4, DropoutRate = 0.25 },
        problem with { Time = problem.Time / 4 * 4, DropoutRate = 0.1, Window = 70, SoftCap = 2.5, Alibi = true, DocumentLength = 50, HasIslands = true },
    ];
}
