using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Memory;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>One operation at one size, through the same funnel as in training, with what it cannot do without.</summary>
public sealed class OpWorkload : IDisposable
{
    private const int Vocabulary = 50257;
    private const int PaddedVocabulary = 50304;
    private const int Gpt2Parameters = 124_439_808;

    private static readonly (string Name, Action<OpWorkload> Prepare)[] Cases =
    [
        ("linear 256x768 to 2304", w => w.Use(new LinearOp(w.New((256, 2304)), w.Random((256, 768)), w.Random((2304, 768)), w.Random(2304), Tensor.None, 2304))),
        ("linear backward, input", w => w.Use(new LinearBackwardInputOp(w.New((256, 768)), w.Random((256, 2304)), w.Random((2304, 768)), 2304, 0))),
        ("linear backward, weight", w => w.Use(new LinearBackwardWeightOp(w.New((2304, 768)), w.Random((256, 2304)), w.Random((256, 768)), 2304, 0))),
        ("linear backward, bias", w => w.Use(new LinearBackwardBiasOp(w.New(2304), w.Random((256, 2304)), 0))),
        ("layernorm 2048x768", w => w.Use(
            new LayerNormOp(w.New((2048, 768)), w.New(2048), w.New(2048), w.Random((2048, 768)), w.Random(768), w.Random(768), 1e-5))),
        ("layernorm backward", w => w.Use(new LayerNormBackwardOp(
            w.New((2048, 768)), w.New(768), w.New(768), w.Random((2048, 768)), w.Random((2048, 768)), w.Random(768),
            w.Random(2048), w.Random(2048), 0, 0, 0))),
        ("gelu 2048x3072", w => w.Use(new ActivationOp(w.New((2048, 3072)), w.Random((2048, 3072)), ActivationFunction.GeluTanh))),
        ("gelu backward", w => w.Use(
            new ActivationBackwardOp(
                w.New((2048, 3072)), w.Random((2048, 3072)), w.Random((2048, 3072)), ActivationFunction.GeluTanh, 0))),
        ("cross-entropy 256x50257", w => w.Use(new CrossEntropyOp(
            w.New(1), w.New(256), w.New(256), w.Random((256, PaddedVocabulary)), w.Targets(256), Vocabulary, 1.0 / 256, 0))),
        ("cross-entropy backward", w => w.Use(new CrossEntropyBackwardOp(
            w.New((256, PaddedVocabulary)), w.Random(1), w.Random((256, PaddedVocabulary)), w.Targets(256), w.Random(256),
            Vocabulary, 1.0 / 256, 0, 0))),
        ("attention B4 T1024 H12 D64", w => w.Use(new AttentionOp(
            w.New((4, 1024, 768)), w.New((4, 12, 1024)), w.Random((4, 1024, 3 * 768)), Tensor.None, new AttentionForm(12), 0, default))),
        ("attention backward", PrepareAttentionBackward),
        ("adamw 124M parameters", PrepareAdamW),
    ];

    private readonly Engine _engine;
    private readonly SessionArena _arena;
    private readonly Step _step;
    private readonly Random _random = new(1);
    private Action _run = () => { };

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="threads">Threads that compute.</param>
    public OpWorkload(string name, int threads)
    {
        _engine = new Engine(new CpuBackend(threads));
        _arena = _engine.NewSessionArena("benchmark");
        _step = _engine.BeginStep(StepOptions.Evaluate);
        Cases.Single(entry => entry.Name == name).Prepare(this);
    }

    /// <summary>What can be measured.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Cases.Select(entry => entry.Name)];

    /// <summary>Floating-point operations of one run.</summary>
    public double Flops { get; private set; }

    /// <summary>Bytes that one run must move at least: every operand once, and twice what is updated in place.</summary>
    public double Bytes { get; private set; }

    public void Run() => _run();

    public void Dispose()
    {
        _step.Dispose();
        _engine.Dispose();
    }

    // Backward makes the weights again from what forward saved, so it is given what a forward pass wrote.
    private static void PrepareAttentionBackward(OpWorkload workload)
    {
        Tensor qkv = workload.Random((4, 1024, 3 * 768));        // (B, T, 3C)
        Tensor y = workload.New((4, 1024, 768));                 // (B, T, C)
        Tensor logSumExp = workload.New((4, 12, 1024));          // (B, H, T)
        workload._step.Run(new AttentionOp(y, logSumExp, qkv, Tensor.None, new AttentionForm(12), 0, default));
        workload.Use(new AttentionBackwardOp(
            workload.New((4, 1024, 3 * 768)), workload.Random((4, 1024, 768)), qkv, y, logSumExp, Tensor.None, new AttentionForm(12), 0,
            default, 0));
    }

    private static void PrepareAdamW(OpWorkload workload)
    {
        // All zeros: the time does not depend on the values.
        Tensor[] arrays = [.. Enumerable.Range(0, 4).Select(_ => workload.New((Gpt2Parameters / 16, 16)))];
        var scalars = new AdamWScalars(1e-3, 0.9, 0.95, 1e-8, 0.1, Update: 1, double.PositiveInfinity);
        workload.Use(new AdamWOp(arrays[0], Tensor.None, arrays[1], arrays[2], arrays[3], Tensor.None, 0, Gpt2Parameters, scalars));
    }

    private void Use<TOp>(TOp op)
        where TOp : struct, IOp
    {
        (Flops, Bytes) = (op.Cost.Flops, op.Cost.Bytes);
        _run = () => _step.Run(op);
    }

    private Tensor New(Shape shape) => _arena.New(shape, DType.F32);

    private Tensor Random(Shape shape)
    {
        Tensor tensor = New(shape);
        tensor.Upload<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => (2 * _random.NextSingle()) - 1)]);
        return tensor;
    }

    private Tensor Targets(int count)
    {
        Tensor tensor = _arena.New(count, DType.I32);
        tensor.Upload<int>([.. Enumerable.Range(0, count).Select(_ => _random.Next(Vocabulary))]);
        return tensor;
    }
}
