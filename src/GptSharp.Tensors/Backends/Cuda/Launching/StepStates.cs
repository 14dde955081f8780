using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Launching;

/// <summary>
/// Places on the device for the states that the operations between two synchronisations need: the first state in the first place, and
/// a new place whenever a state differs from the newest. So the same operations find their states at the same places in every step, and
/// a graph that reads them can be replayed once the places are filled anew.
/// </summary>
/// <param name="address">Room for <see cref="Bytes"/> on the device.</param>
internal sealed class StepStates(nint address)
{
    /// <summary>How many states there is room for.</summary>
    public const int Capacity = 256;

    /// <summary>Bytes of all places.</summary>
    public const int Bytes = Capacity * StepState.Bytes;

    private readonly StepState[] _states = new StepState[Capacity];

    /// <summary>How many places are in use.</summary>
    public int Count { get; private set; }

    /// <summary>True if only <see cref="Restart"/> makes room for another state.</summary>
    public bool IsFull => Count == Capacity;

    /// <summary>Where the newest state is.</summary>
    public nint NewestAddress => AddressOf(Count - 1);

    /// <summary>The newest state.</summary>
    public ref readonly StepState Newest => ref _states[Count - 1];

    /// <summary>Takes the next place.</summary>
    public void Add(in StepState state) => _states[Count++] = state;

    /// <summary>The operations from here on begin with the first place again.</summary>
    public void Restart() => Count = 0;

    /// <summary>Packs the parameters of the kernel <c>step_state</c> that fills a place.</summary>
    /// <param name="index">Which place.</param>
    /// <param name="destination">Receives the parameters.</param>
    /// <returns>Their bytes.</returns>
    public int Pack(int index, Span<byte> destination)
    {
        ref readonly StepState state = ref _states[index];
        return KernelParameter.Pack(
            [
                AddressOf(index), state.Seed, state.Step, state.FirstSample, state.LearningRate, state.Correction1, state.Correction2,
                state.LossScale,
            ],
            destination);
    }

    private nint AddressOf(int index) => address + (index * StepState.Bytes);
}
