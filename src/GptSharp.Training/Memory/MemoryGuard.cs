using System.Globalization;
using GptSharp.Tensors;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Memory;

/// <summary>
/// Runs what a run does within its memory. Where there is not enough, it halves the micro-batch and does the same again: a step that was
/// refused memory has moved nothing, so it is not lost, and its bits are those of a run with that micro-batch from that step on.
/// </summary>
internal sealed class MemoryGuard(RunMemory memory, Engine engine, TrainStep step, RunEvaluation? evaluation, Action<string> notice)
{
    private int _reservedFor;

    /// <summary>Does a piece of work, with a smaller micro-batch if it has to be.</summary>
    /// <param name="what">The work in words, for who is told.</param>
    /// <param name="work">Does it; may be called again after an exception.</param>
    /// <exception cref="TrainingException">There is not enough memory for one sequence at a time.</exception>
    public T Run<T>(string what, Func<T> work)
    {
        while (true)
        {
            try
            {
                Reserve();
                return work();
            }
            catch (Exception refused) when (refused is OutOfDeviceMemoryException or OutOfMemoryException)
            {
                Halve(what, refused);
            }
        }
    }

    /// <summary>Does work that no micro-batch makes smaller: if memory runs out, that of training steps is given back first.</summary>
    /// <returns>False if it could not be done.</returns>
    public bool TryRun(string what, Action work)
    {
        try
        {
            Reserve();
            work();
            return true;
        }
        catch (OutOfDeviceMemoryException)
        {
            Release();
        }

        try
        {
            work();
            return true;
        }
        catch (OutOfDeviceMemoryException refused)
        {
            Release();
            notice($"There was no memory for {what}, and the run goes on without. {refused.Message}");
            return false;
        }
    }

    private void Reserve()
    {
        if (_reservedFor != memory.Plan.MicroBatch)
        {
            (step.MicroBatch, _reservedFor) = (memory.Plan.MicroBatch, 0);
            if (evaluation is not null)
            {
                evaluation.MicroBatch = memory.Plan.MicroBatch;
            }

            engine.ReserveSteps(memory.Plan.Report.Steps);
            _reservedFor = memory.Plan.MicroBatch;
        }
    }

    private void Release()
    {
        _reservedFor = 0;
        engine.ReserveSteps(0);
    }

    private void Halve(string what, Exception refused)
    {
        Release();
        int before = memory.Plan.MicroBatch;
        if (!memory.TryHalve())
        {
            throw new TrainingException($"{what}: {refused.Message} One sequence at a time is the least there is. {memory.Advice()}", refused);
        }

        notice(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {refused.Message} It is done again with train.micro_batch {memory.Plan.MicroBatch} instead of {before}, and so is what follows; the batch stays the same."));
    }
}
