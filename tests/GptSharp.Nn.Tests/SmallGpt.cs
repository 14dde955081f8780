using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Tests;

/// <summary>A model small enough for tests, on an engine of its own, and what it computes on a fixed batch.</summary>
internal sealed class SmallGpt : IDisposable
{
    public const int Batch = 4, Time = 9;

    public static readonly GptConfig Config = new()
    {
        VocabularySize = 61,
        BlockSize = 12,
        LayerCount = 2,
        HeadCount = 3,
        Width = 24,
        Dropout = 0.1,
    };

    public SmallGpt(GptConfig? config = null, IBackend? backend = null, DType type = DType.F64, ulong seed = 1)
    {
        Engine = new Engine(backend ?? new ReferenceBackend());
        Model = new Gpt(Engine, config ?? Config, Precision.Of(type));
        Model.Initialize(seed);
        Model.Arena.EnableGradients();
        var random = new Random(7);
        int limit = Model.Config.VocabularySize;
        Tokens = [.. Enumerable.Range(0, Batch * Time).Select(_ => random.Next(limit))];
        Targets = [.. Tokens.Select(_ => random.Next(5) == 0 ? Ops.IgnoredTarget : random.Next(limit))];
    }

    /// <summary>Every backend of this machine, by name.</summary>
    public static TheoryData<string> Backends => [.. CpuFeatures.Available.Select(path => path.ToString()), "reference"];

    public static IBackend NewBackend(string name) => name == "reference"
        ? new ReferenceBackend()
        : new CpuBackend(threads: 2, Enum.Parse<SimdPath>(name));

    public Engine Engine { get; }

    public Gpt Model { get; }

    public int[] Tokens { get; }

    public int[] Targets { get; }

    /// <summary>The most bytes that the last <see cref="Gradient"/> had alive at once.</summary>
    public long PeakBytes { get; private set; }

    public Parameter this[string name] => Model.Arena.Parameters.Single(parameter => parameter.Name == name);

    /// <summary>Forward and backward over the batch, cut into micro-batches.</summary>
    /// <returns>The loss; the gradients are the model's.</returns>
    public double Gradient(int microBatches = 1, uint step = 3)
    {
        Model.Arena.ClearGradients();
        int size = Batch / microBatches, valid = Targets.Count(target => target != Ops.IgnoredTarget);
        double sum = 0;
        for (int first = 0; first < Batch; first += size)
        {
            using Step pass = Engine.BeginStep(StepOptions.Train(seed: 11, step, (uint)first));
            Range part = (first * Time)..((first + size) * Time);
            Tensor loss = Model.Loss(pass.Input(Tokens[part], (size, Time)), pass.Input(Targets[part], (size, Time)), valid);
            pass.Backward(loss);
            sum += loss.Item();
            PeakBytes = pass.PeakBytes;
        }

        Model.Arena.CompleteGradients();
        return sum;
    }

    /// <summary>The loss of <see cref="Gradient"/> without its backward pass.</summary>
    public double TrainingLoss(uint step = 3)
    {
        using Step pass = Engine.BeginStep(StepOptions.Train(seed: 11, step, firstSample: 0));
        int valid = Targets.Count(target => target != Ops.IgnoredTarget);
        return Model.Loss(pass.Input(Tokens, (Batch, Time)), pass.Input(Targets, (Batch, Time)), valid).Item();
    }

    /// <summary>(B, T, Vp) without dropout, as doubles.</summary>
    public double[] Logits()
    {
        using Step pass = Engine.BeginStep(StepOptions.Evaluate);
        return Model.Forward(pass.Input(Tokens, (Batch, Time))).ToDoubles();
    }

    public void Dispose()
    {
        Model.Dispose();
        Engine.Dispose();
    }
}
