using GptSharp.Cuda.Emulation;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>Which kernel attention goes to, and where it goes when a kernel does not fit into the registers.</summary>
public sealed class AttentionRouteTests
{
    private static readonly AttentionForm Two = new(2), Grouped = new(4, 2), Windowed = new(2) { Window = 9 };

    public static TheoryData<string, int, int, AttentionForm, bool, double, string> Routes => new()
    {
        { "bf16", 100, 64, Two, false, 0, "attention_d64_plain_bf16" },
        { "bf16", 100, 64, Grouped, false, 0, "attention_d64_plain_bf16" },
        { "bf16", 512, 64, Two, false, 0, "attention_d64_long_plain_bf16" },
        { "bf16", 100, 64, Two, false, 0.1, "attention_d64_dropout_bf16" },
        { "bf16", 101, 64, Two, false, 0.1, "attention_64_bf16" },
        { "bf16", 100, 64, Windowed, false, 0, "attention_d64_local_bf16" },
        { "bf16", 100, 64, Two, true, 0, "attention_d64_local_bf16" },
        { "bf16", 600, 64, Windowed, false, 0, "attention_d64_long_local_bf16" },
        { "bf16", 600, 64, Windowed with { Alibi = true }, false, 0, "attention_d64_all_bf16" },
        { "bf16", 100, 64, Two with { SoftCap = 30 }, true, 0.2, "attention_d64_all_bf16" },
        { "bf16", 100, 64, Windowed, false, 0.2, "attention_d64_all_bf16" },
        { "bf16", 600, 128, Two, false, 0, "attention_d128_plain_bf16" },
        { "bf16", 100, 128, Two, false, 0.1, "attention_d128_dropout_bf16" },
        { "bf16", 100, 128, Windowed, true, 0, "attention_d128_local_bf16" },
        { "bf16", 100, 128, Two with { Alibi = true }, false, 0, "attention_d128_all_bf16" },
        { "bf16", 100, 80, Two, false, 0, "attention_128_bf16" },
        { "bf16", 16, 80, Two, false, 0, "attention_128_few_bf16" },
        { "bf16", 100, 256, Two, false, 0, "attention_256_bf16" },
        { "fp32", 100, 64, Two, false, 0, "attention_64_f32" },
        { "fp32", 16, 64, Two, false, 0, "attention_64_few_f32" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public void The_leanest_kernel_that_can_do_it_is_taken(
        string precision, int time, int headSize, AttentionForm form, bool documents, double dropout, string kernel)
    {
        List<string> launched = [];
        using Engine engine = new(new CudaBackend(
            new SilentDriver { Launched = launch => launched.Add(launch.Kernel.Name) }, "silent device", new CudaOptions { Graphs = false }));
        using Step step = engine.BeginStep(new StepOptions { Training = true });
        DType storage = TestPrecisions.Find(precision).Storage;
        Tensor qkv = step.New((1, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), storage);

        Tensors.Ops.Attention(qkv, form, documents ? step.Input(new int[time], (1, time)) : Tensor.None, dropout, site: 1);

        Assert.Equal(kernel, launched[^1]);
    }

    [Fact]
    public void Heads_that_no_kernel_takes_are_refused()
    {
        using Engine engine = new(new CudaBackend(new SilentDriver(), "silent device", new CudaOptions { Graphs = false }));
        using Step step = engine.BeginStep();

        TensorException error = Assert.Throws<TensorException>(
            () => Tensors.Ops.Attention(step.New((1, 4, 3 * 300), DType.F32), new AttentionForm(1)));

        Assert.Equal("attention: the CUDA kernels take heads of up to 256 channels, not 300; more heads would be narrower.", error.Message);
    }

    /// <summary>A device with fewer registers: the next smaller kernel serves, with the same bits; then the one without tensor cores.</summary>
    [Theory]
    [InlineData(255, "attention_d64_long_plain_bf16", 0)]
    [InlineData(150, "attention_d64_plain_bf16", 1)]
    [InlineData(100, "attention_64_bf16", 3)]
    public void A_kernel_that_spills_gives_way_to_a_smaller_one_and_the_log_says_so(int registers, string kernel, int sentences)
    {
        double[] expected = Run(255, out _, out _);

        double[] actual = Run(registers, out string launched, out List<string> log);

        Assert.Equal(kernel, launched);
        Assert.Equal(sentences, log.Count);
        Assert.All(log, sentence => Assert.StartsWith("The kernel attention_", sentence, StringComparison.Ordinal));
        if (registers > 100)
        {
            Assert.Equal(expected, actual);
        }
        else
        {
            Assert.InRange(RelativeDistance.Between(expected, actual), 0, 0.01);
        }
    }

    private static double[] Run(int registers, out string launched, out List<string> log)
    {
        string last = "";
        List<string> sentences = [];
        var driver = new EmulatorDriver(new EmulatorOptions { RegistersPerThread = registers })
        {
            Launched = launch => last = launch.Kernel.Name,
            Log = sentences.Add,
        };
        using Engine engine = new(new CudaBackend(driver, "emulator", new CudaOptions { Graphs = false }));
        using Step step = engine.BeginStep();
        Tensor qkv = step.New((1, 512, 192), DType.BF16);
        qkv.UploadDoubles(OpInput.Normal((1, 512, 192), 1).ToDoubles());
        double[] y = Tensors.Ops.Attention(qkv, headCount: 1).ToDoubles();
        (launched, log) = (last, sentences);
        return y;
    }
}
