using GptSharp.Cuda.Emulation;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

namespace GptSharp.Training.Tests.Cuda;

/// <summary>A model of two blocks with dropout, on the emulator, and the steps that train it.</summary>
internal sealed class TinyTraining : IDisposable
{
    private const int Vocabulary = 50, BlockLength = 24, Batch = 4;

    private readonly Engine _engine;
    private readonly Gpt _model;
    private readonly TrainStep _step;

    public TinyTraining(bool graphs, Precision precision, int microBatch)
    {
        Driver = new EmulatorDriver(new EmulatorOptions { Checks = Checks.None });
        _engine = new Engine(new CudaBackend(Driver, "emulator", new CudaOptions { Graphs = graphs }));
        _model = new Gpt(
            _engine,
            new GptConfig { LayerCount = 2, HeadCount = 2, Width = 32, BlockSize = BlockLength, VocabularySize = Vocabulary, Dropout = 0.2 },
            precision);
        var optimizer = new AdamW(_model.Arena, new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 1));
        _model.Initialize(seed: 5);
        var random = new Random(6);
        int[] text = [.. Enumerable.Range(0, 1000).Select(_ => random.Next(Vocabulary))];
        var blocks = new BlockSet(new MemoryTokens(text, Vocabulary), BlockLength, BlockAlignment.Stream);
        var schedule = new LearningRateSchedule(ScheduleShape.Cosine, 1e-2, 1e-3, 2, 10);
        _step = new TrainStep(_model, optimizer, new BatchSampler(blocks, 7, Batch), schedule, seed: 8, microBatch);
    }

    public EmulatorDriver Driver { get; }

    /// <summary>Bytes of a batch's tokens and targets.</summary>
    public static int BatchBytes => 2 * Batch * BlockLength * sizeof(int);

    public TrainStepResult Step(long index) => _step.Run(index, index);

    public double[] Weights() => [.. _model.Arena.Parameters.SelectMany(parameter => parameter.Value.ToDoubles())];

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }
}
