using System.Globalization;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Machine;

namespace GptSharp.Training.Memory;

/// <summary>
/// The micro-batch of a run and the memory that it takes: chooses the largest that fits, and a smaller one when memory runs out after all.
/// The global batch stays; what does not pass at once is accumulated.
/// </summary>
public sealed class RunMemory
{
    // Of what seems to be free, a tenth stays so: for the data set, checkpoints that are being written, and everybody else.
    private const double Used = 0.9;

    private readonly RunConfig _config;
    private readonly GptConfig _shape;
    private readonly SamplePlan _samples;

    /// <summary>Starts with the micro-batch that the configuration names, or chooses.</summary>
    /// <param name="config">The run.</param>
    /// <param name="shape">Its model.</param>
    /// <param name="samples">The texts that the run samples.</param>
    /// <param name="freeBytes">What the device has left; null for the machine's memory.</param>
    /// <exception cref="TrainingException">Not even one sequence at a time fits; the sentence says what would.</exception>
    public RunMemory(RunConfig config, GptConfig shape, SamplePlan samples, long? freeBytes = null)
    {
        (_config, _shape, _samples) = (config, shape, samples);
        Limit = config.Train.MemoryLimit ?? (long)(Used * (freeBytes ?? AvailableMemory.Bytes()));
        Plan = config.Train.MicroBatch is { } given ? PlanOf(given) : LargestThatFits();
    }

    /// <summary>What the run will hold.</summary>
    public MemoryPlan Plan { get; private set; }

    /// <summary>Bytes that may be held.</summary>
    public long Limit { get; }

    /// <summary>The divisors of a batch, descending: the micro-batches that it can be accumulated from.</summary>
    public static IEnumerable<int> Divisors(int batch) =>
        Enumerable.Range(1, batch).Where(divisor => batch % divisor == 0).Reverse();

    /// <summary>What auto would take; 1 where not even that fits.</summary>
    public static int Largest(RunConfig config, GptConfig shape, SamplePlan samples, long? freeBytes = null)
    {
        try
        {
            return new RunMemory(config with { Train = config.Train with { MicroBatch = null } }, shape, samples, freeBytes).Plan.MicroBatch;
        }
        catch (TrainingException)
        {
            return 1;
        }
    }

    /// <summary>Takes a micro-batch that was chosen before, when the run was begun.</summary>
    /// <returns>False if it was chosen where there was more memory, and does not fit here; then the largest that does is taken.</returns>
    public bool TryUse(int microBatch)
    {
        MemoryPlan best = Plan;
        Plan = microBatch == best.MicroBatch ? best : PlanOf(microBatch);
        if (_config.Train.MicroBatch is not null || Plan.Peak <= Limit)
        {
            return true;
        }

        Plan = best;
        return best.MicroBatch == microBatch;
    }

    /// <summary>Halves the micro-batch: takes the largest divisor of the batch that is at most half of it.</summary>
    /// <returns>False if it is 1 already.</returns>
    public bool TryHalve()
    {
        int now = Plan.MicroBatch;
        if (now == 1)
        {
            return false;
        }

        Plan = PlanOf(Divisors(_config.Train.Batch).First(divisor => divisor <= now / 2));
        return true;
    }

    /// <summary>Which setting would fit, as a sentence for who has run out of memory.</summary>
    public string Advice()
    {
        foreach (int microBatch in Divisors(_config.Train.Batch).Where(divisor => divisor < Plan.MicroBatch))
        {
            if (Try(_config, microBatch) is { } smaller)
            {
                return Would($"train.micro_batch={microBatch}", smaller);
            }
        }

        TrainSection train = _config.Train;
        (string Setting, TrainSection Section)[] others =
        [
            ("train.recompute=block", train with { Recompute = Recompute.Block }),
            ("train.precision=bf16-pure and train.recompute=block", train with { Recompute = Recompute.Block, Precision = TrainingPrecision.Bf16Pure }),
        ];
        foreach ((string setting, TrainSection section) in others)
        {
            if (Try(_config with { Train = section }, microBatch: 1) is { } other)
            {
                return Would(Plan.MicroBatch == 1 ? setting : $"train.micro_batch=1 and {setting}", other);
            }
        }

        return $"No setting of this model fits into {Bytes(Limit)}: a smaller model.block, or a smaller model, would.";

        static string Would(string setting, MemoryPlan plan) => $"{setting} would fit: it needs {Bytes(plan.Peak)}.";
    }

    private MemoryPlan? Try(RunConfig config, int microBatch)
    {
        MemoryPlan plan = MemoryPlan.Of(config, _shape, microBatch, _samples);
        return plan.Peak <= Limit ? plan : null;
    }

    private MemoryPlan PlanOf(int microBatch) => MemoryPlan.Of(_config, _shape, microBatch, _samples);

    private MemoryPlan LargestThatFits()
    {
        foreach (int microBatch in Divisors(_config.Train.Batch))
        {
            Plan = PlanOf(microBatch);
            if (Plan.Peak <= Limit)
            {
                return Plan;
            }
        }

        string whose = _config.Train.MemoryLimit is null ? "are free, less a tenth" : "train.memory_limit allows";
        throw new TrainingException(
            $"The run needs {Bytes(Plan.Peak)} of memory with one sequence at a time, but {Bytes(Limit)} {whose}. It would hold: {Plan.Report}. {Advice()}");
    }

    private static string Bytes(long bytes) => bytes < 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.00} GiB");
}
