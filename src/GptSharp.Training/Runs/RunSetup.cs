using GptSharp.Data.Sampling;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Training.Accounting;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Guards;
using GptSharp.Training.Input;
using GptSharp.Training.Memory;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Runs;

/// <summary>Everything that a run computes with, made from its configuration: device, data, model, optimizer, and the step over them.</summary>
internal sealed class RunSetup : IDisposable
{
    /// <summary>Makes it; the model has its first weights.</summary>
    /// <param name="config">The run.</param>
    /// <param name="seed">What its random numbers begin from; null for the configuration's. A run that is resumed has its checkpoint's.</param>
    /// <param name="notice">Told what the user should know.</param>
    /// <exception cref="TrainingException">The run does not fit into memory.</exception>
    public RunSetup(RunConfig config, ulong? seed, Action<string> notice)
    {
        TrainSection train = config.Train;
        Config = config;
        Seed = seed ?? train.Seed;
        Device = Devices.Open(train.Device, train.Threads, new EngineOptions { MemoryLimit = train.MemoryLimit });
        if (Device.Engine.Backend is CudaBackend { Driver: var driver })
        {
            driver.Log = notice;
        }

        try
        {
            Data = TrainingData.Open(config.Data);
            GptConfig shape = config.Model.ToGptConfig(Data.Tokenizer.VocabularySize, Data.SeparatorToken(config.Data));
            Memory = new RunMemory(config, shape, SampleWriter.PlanOf(Data, config.Sample), Device.FreeBytes);
            Account = new StepAccount(Memory.Plan.FlopsPerToken, new ModelFlops(shape).Formula, DevicePeak.Of(Device, train.Precision.On(Device).Storage));
            Model = new Gpt(Device.Engine, shape, train.Precision.On(Device)) { Recompute = train.Recompute, LossRows = train.LossRows };
            Optimizer = (train with { Seed = Seed }).CreateOptimizer(Model);
            Model.Initialize(Seed);
            if (train.Init is { } start && seed is null)
            {
                ModelStart.Load(start, Model, Data, Device, notice);
            }

            BlockSet blocks = Data.Blocks(Split.Training, config.Model.BlockSize, config.Data.Alignment)!;
            Batches = Data.Sampler(config.Model.BlockSize, config.Data.Alignment, Seed, train.Batch);
            Step = new TrainStep(Model, Optimizer, Batches, train.CreateSchedule(), Seed, Memory.Plan.MicroBatch);
            Guard = new GuardedStep(Step, Model, train);
            Evaluation = RunEvaluation.Create(Model, Data, blocks, config);
            Samples = new SampleWriter(Model, Data, config.Sample);
        }
        catch (OutOfDeviceMemoryException refused) when (Memory is not null)
        {
            string advice = Memory.Advice();
            Dispose();
            throw new TrainingException($"{refused.Message} {advice}", refused);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public RunConfig Config { get; }

    public ulong Seed { get; }

    public Device Device { get; }

    public TrainingData Data { get; }

    public RunMemory Memory { get; }

    /// <summary>What a step counts as, beside the peak that was measured at the start.</summary>
    public StepAccount Account { get; }

    public Gpt Model { get; }

    public Optimizer Optimizer { get; }

    public BatchSampler Batches { get; }

    public TrainStep Step { get; }

    public GuardedStep Guard { get; }

    /// <summary>Null where nothing is kept for validation.</summary>
    public RunEvaluation? Evaluation { get; }

    public SampleWriter Samples { get; }

    /// <summary>The same beside the peak as it is at the end, if that is higher.</summary>
    public StepAccount MeasureAccountAgain() =>
        Account with { Peak = Account.Peak.MeasuredAgain(Device.Engine.Backend, Model.Arena.Precision.Storage) };

    /// <summary>Frees the model and closes the data.</summary>
    public void Dispose()
    {
        Data?.Dispose();
        Device.Dispose();
    }
}
