using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>Where kernels find what moves from step to step, and where they report a wrong index.</content>
public sealed unsafe partial class CudaBackend
{
    private readonly StepStates _states;
    private readonly IndexReports _reports;
    private CudaKernel? _stepState;

    /// <summary>
    /// Where a kernel that draws random numbers finds seed, step and first sample: the address of a <c>StepState</c>. The key's site is a
    /// constant of the model and goes to the kernel as a parameter.
    /// </summary>
    private nint StateAddress(RandomKey key) =>
        _states.Count > 0 && _states.Newest.Draws(key) ? _states.NewestAddress : AddressOf(StepState.Of(key, NewestLossScale));

    /// <summary>Where an optimizer's kernel finds the same, its learning rate and its bias corrections (0 where it has none).</summary>
    private nint StateAddress(RandomKey key, double learningRate, double correction1, double correction2)
    {
        StepState state = new(key.Seed, key.Step, key.FirstSample, (float)learningRate, (float)correction1, (float)correction2, NewestLossScale);
        return _states.Count > 0 && _states.Newest == state ? _states.NewestAddress : AddressOf(state);
    }

    /// <summary>
    /// Where cross-entropy's kernels find what the loss is divided by. All micro-batches of a step have the same, and those of the next step
    /// find theirs at the same places, however many targets are scored.
    /// </summary>
    private nint StateAddress(double lossScale)
    {
        if (_states.Count == 0)
        {
            return AddressOf(default(StepState) with { LossScale = (float)lossScale });
        }

        return NewestLossScale == (float)lossScale ? _states.NewestAddress : AddressOf(_states.Newest with { LossScale = (float)lossScale });
    }

    private float NewestLossScale => _states.Count > 0 ? _states.Newest.LossScale : 0;

    /// <summary>Where a kernel notes an index that breaks a rule, <c>report_index(report, place, value, limit)</c>; thrown at the next download.</summary>
    /// <param name="op">The operation's name in the message.</param>
    /// <param name="indices">I32, what the kernel checks.</param>
    /// <param name="rule">What is asked of it.</param>
    private nint Report(string op, Tensor indices, IndexRule rule = IndexRule.Within)
    {
        if (_reports.AddressOf(op, indices, rule) is { } address)
        {
            return address;
        }

        Flush();
        _driver.Synchronize();
        _reports.ThrowIfAny();
        _reports.Restart();
        return _reports.AddressOf(op, indices, rule)!.Value;
    }

    private nint AddressOf(in StepState state)
    {
        if (_states.IsFull)
        {
            Flush();
            _states.Restart();
        }

        _states.Add(state);
        if (_queue is null)
        {
            Put(_states.Count - 1);
        }

        return _states.NewestAddress;
    }

    /// <summary>Fills the place of a state, in the order of the stream.</summary>
    private void Put(int index)
    {
        Span<byte> parameters = stackalloc byte[MostParameterBytes];
        int bytes = _states.Pack(index, parameters);
        _driver.Launch(_stepState ??= Kernel("step_state", "step_state"), new LaunchShape(1, 32), parameters[..bytes]);
    }
}
