using GptSharp.Tensors.Autograd;
using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors;

/// <content>The tape: recording operations and running them backward.</content>
public sealed partial class Step
{
    private readonly List<Node> _tape = [];
    private readonly NodePool _nodes = new();
    private bool _recording;
    private bool _replaying;
    private bool _isBackward;
    private Tensor _unit;

    /// <summary>
    /// Whether the tape is running backward. Gradients may be computed outside of it, too: see <see cref="StepOptions.StartsAtLoss"/>.
    /// </summary>
    public bool IsBackward => _isBackward;

    /// <summary>Runs an operation and, if any of its inputs needs a gradient, puts it on the tape. Returns its output.</summary>
    public Tensor Record<TOp>(in TOp op)
        where TOp : struct, IDifferentiableOp
    {
        Run(op);
        if (WillRecord(op.Operands, TOp.Info.OutputCount))
        {
            PutOnTape(op);
        }

        return op.Output;
    }

    /// <summary>Computes the gradient of a loss of one element with respect to everything it depends on.</summary>
    /// <exception cref="TensorException">
    /// The tensor has several elements, nothing it depends on needs a gradient, or an earlier backward pass used the record up.
    /// </exception>
    public void Backward(Tensor loss)
    {
        if (loss.Count != 1)
        {
            throw new TensorException($"Backward starts at a loss of one element; for shape {loss.Shape} pass its gradient as well.");
        }

        Tensor gradient = _arena.New(loss.Shape, loss.DType, null);
        Run(new FillOp(gradient, 1));
        _unit = gradient;
        BackwardFrom(loss, gradient);
        _unit = Tensor.None;
    }

    /// <summary>Backward from any tensor, given the gradient of the loss with respect to it.</summary>
    public void Backward(Tensor output, Tensor outputGradient)
    {
        if (output.Shape != outputGradient.Shape || output.DType != outputGradient.DType)
        {
            throw new TensorException($"Backward: the gradient is {outputGradient}, the tensor is {output}.");
        }

        Tensor gradient = _arena.New(output.Shape, output.DType, null);
        Run(new CopyOp(gradient, outputGradient));
        BackwardFrom(output, gradient);
    }

    /// <summary>
    /// For an operation's backward: where to put its part of the gradient of <paramref name="input"/>.
    /// </summary>
    /// <param name="input">An input of the operation.</param>
    /// <param name="gradient">The buffer to write.</param>
    /// <param name="beta">0 if the part is the first and overwrites, 1 if it is added.</param>
    /// <returns>False if nobody asks for this gradient.</returns>
    public bool TryAccumulate(Tensor input, out Tensor gradient, out float beta)
    {
        gradient = Tensor.None;
        beta = 0;
        if (!NeedsGradient(input))
        {
            return false;
        }

        if (input.Slot.Gradient.IsNone)
        {
            SetGradient(input, _arena.New(input.Shape, input.Slot.GradientType, null));
        }
        else if (input.Slot.GradientWritten)
        {
            beta = 1;
            MakeGradientExclusive(input);
        }

        input.Slot.GradientWritten = true;
        gradient = input.Slot.Gradient;
        return true;
    }

    /// <summary>
    /// <see cref="TryAccumulate"/> for an operation that has saved <paramref name="input"/> and whose backward reads each element of it
    /// before it writes that of the gradient: where no other backward reads the input, and nobody watches it, its gradient takes its place.
    /// </summary>
    public bool TryAccumulateInPlace(Tensor input, out Tensor gradient, out float beta)
    {
        if (NeedsGradient(input))
        {
            ref Slot slot = ref input.Slot;
            if (slot.Readers == 1 && !slot.Pinned && slot.Gradient.IsNone && slot.GradientType == slot.DType)
            {
                slot.InScope = false; // as after any last backward reader
                SetGradient(input, input);
            }
        }

        return TryAccumulate(input, out gradient, out beta);
    }

    /// <summary>
    /// For an operation whose backward passes the gradient on unchanged (an addition): hands over the buffer itself where that
    /// is possible; it is copied only if somebody later adds to it while another still reads it.
    /// </summary>
    public void PassGradient(Tensor input, Tensor gradient)
    {
        if (!NeedsGradient(input))
        {
            return;
        }

        if (input.Arena == _arena && input.Slot.Gradient.IsNone && input.Slot.GradientType == gradient.DType)
        {
            SetGradient(input, gradient);
            input.Slot.GradientWritten = true;
        }
        else if (TryAccumulate(input, out Tensor sum, out float beta))
        {
            Run(new ScaleOp(sum, gradient, 1, beta));
        }
    }

    /// <summary>Whether backward computes a gradient for a tensor of this step or for a parameter.</summary>
    /// <remarks>A handle that is stale here belonged to a tensor without gradient: all others wait on the tape or are pinned.</remarks>
    internal bool NeedsGradient(Tensor tensor) =>
        !tensor.IsNone
        && tensor.Arena.Holds(tensor)
        && tensor.Slot.RequiresGradient
        && (tensor.Arena == _arena || tensor.Arena is ModelArena);

    /// <summary>Whether an operation that reads these tensors, from the one at <paramref name="first"/> on, goes on the tape.</summary>
    internal bool WillRecord(in TensorList operands, int first = 0) => _recording && AnyNeedsGradient(operands, first);

    /// <summary>Puts an entry on the tape whose output was computed by other operations.</summary>
    internal void PutOnTape<TEntry>(in TEntry entry)
        where TEntry : struct, ITapeEntry
    {
        Node<TEntry> node = _nodes.Rent<Node<TEntry>>();
        node.Hold(entry);
        Push(node);
    }

    /// <summary>For an entry's backward: runs an operation again whose result was not kept.</summary>
    internal void RunAgain<TOp>(in TOp op)
        where TOp : struct, IOp
    {
        bool inReplay = _replaying;
        _replaying = true;
        Run(op);
        _replaying = inReplay;
    }

    /// <summary>Whether backward started at <paramref name="output"/>, with a gradient of 1, and nothing was added to it since.</summary>
    internal bool IsStart(Tensor output) => !_unit.IsNone && output.Slot.Gradient == _unit;

    /// <summary>Notes that <paramref name="y"/> is <paramref name="function"/> of <paramref name="pre"/>; both are on the tape.</summary>
    internal static void RememberActivation(Tensor y, Tensor pre, ActivationFunction function) =>
        (y.Slot.PreActivation, y.Slot.Function) = (pre, function);

    /// <summary>
    /// For the backward of an operation that can go past an activation function: what the function was applied to that made
    /// <paramref name="input"/>. False if none did, or if the input's own gradient is asked for.
    /// </summary>
    internal bool FindActivation(Tensor input, out Tensor pre, out ActivationFunction function)
    {
        pre = Tensor.None;
        function = default;
        if (!NeedsGradient(input) || input.Slot.PreActivation.IsNone || input.Slot.Pinned)
        {
            return false;
        }

        (pre, function) = (input.Slot.PreActivation, input.Slot.Function);
        return true;
    }

    internal void ReplayBackward(Tensor output, in ScopeBody body)
    {
        int start = _tape.Count;
        bool inReplay = _replaying;
        (_recording, _replaying) = (true, true);
        Tensor replayed = RunScope(body);
        (_recording, _replaying) = (false, inReplay);
        PassGradient(replayed, output.Gradient);
        LeaveScope(replayed);
        RunTapeDownTo(start);
    }

    private void BackwardFrom(Tensor output, Tensor gradient)
    {
        if (output.Arena != _arena)
        {
            throw new TensorException($"Backward: {output} belongs to another step or outlives this one; use the step that computed it.");
        }

        if (!output.RequiresGradient)
        {
            throw new TensorException("Backward: nothing that this tensor depends on requires a gradient, or the step does not record.");
        }

        if (!output.Slot.OnTape && output.Slot.Producer is not null)
        {
            throw new TensorException(
                "Backward: an earlier backward pass of this step has used up the record that leads to this tensor; "
                + "add the losses up and run backward once.");
        }

        if (Engine.Options.TrackActivations)
        {
            _arena.TrackActivations();
        }

        PassGradient(output, gradient);
        (_recording, _isBackward) = (false, true);
        RunTapeDownTo(0);
        (_recording, _isBackward) = (Options.RecordGradients, false);
    }

    private void RunTapeDownTo(int start)
    {
        while (_tape.Count > start)
        {
            Node node = _tape[^1];
            _tape.RemoveAt(_tape.Count - 1);
            Tensor output = node.Output;
            if (output.Slot.GradientWritten)
            {
                int created = _created.Count;
                node.Backward(this);
                ReleaseWorkspace(created);
            }

            ReleaseSaved(node.Saved);
            DropGradient(output);
            output.Slot.OnTape = false;
            _arena.Recycle(output);
            _nodes.Return(node);
        }
    }

    private Tensor RunForRecompute(in ScopeBody body)
    {
        _recording = false;
        Tensor output = RunScope(body);
        _recording = true;
        if (body.IsInput(output))
        {
            return output; // nothing to differentiate: the gradient is there already
        }

        RecomputeNode node = _nodes.Rent<RecomputeNode>();
        node.Hold(output, body);
        Push(node);
        return output;
    }

    private void Push(Node node)
    {
        _tape.Add(node);
        ref Slot output = ref node.Output.Slot;
        output.RequiresGradient = true;
        output.OnTape = true;
        TensorList saved = node.Saved;
        for (int i = 0; i < saved.Count; i++)
        {
            if (saved[i].Arena == _arena)
            {
                saved[i].Slot.Readers++;
            }
        }
    }

    private void ReleaseSaved(in TensorList saved)
    {
        for (int i = 0; i < saved.Count; i++)
        {
            if (saved[i].Arena == _arena)
            {
                ref Slot slot = ref saved[i].Slot;
                slot.Readers--;
                if (slot.Readers == 0)
                {
                    // The last backward reader is done: the buffer goes, whichever scope it came from.
                    slot.InScope = false;
                    _arena.Recycle(saved[i]);
                }
            }
        }
    }

    // Buffers that an operation's backward made for itself.
    private void ReleaseWorkspace(int first)
    {
        for (int i = first; i < _created.Count; i++)
        {
            LeaveScope(_created[i]);
        }

        _created.RemoveRange(first, _created.Count - first);
    }

    private void LeaveScope(Tensor tensor)
    {
        if (tensor.Arena == _arena && _arena.Holds(tensor))
        {
            tensor.Slot.InScope = false;
            _arena.Recycle(tensor);
        }
    }

    private bool AnyNeedsGradient(in TensorList operands, int first)
    {
        for (int i = first; i < operands.Count; i++)
        {
            if (!operands[i].IsNone && NeedsGradient(operands[i]))
            {
                return true;
            }
        }

        return false;
    }

    private void DropGradient(Tensor tensor)
    {
        ref Slot slot = ref tensor.Slot;
        if (slot.Gradient.IsNone || slot.Pinned)
        {
            return; // a watched activation keeps its gradient for the observer
        }

        Tensor gradient = slot.Gradient;
        slot.Gradient = Tensor.None;
        slot.GradientWritten = false;
        gradient.Slot.Readers--;
        _arena.Recycle(gradient);
    }

    private void MakeGradientExclusive(Tensor tensor)
    {
        Tensor shared = tensor.Slot.Gradient;
        if (shared.Arena == _arena && shared.Slot.Readers > 1)
        {
            Tensor own = _arena.New(tensor.Shape, shared.DType, null);
            Run(new CopyOp(own, shared));
            shared.Slot.Readers--;
            SetGradient(tensor, own);
        }
    }

    private void ClearTape()
    {
        foreach (Node node in _tape)
        {
            _nodes.Return(node);
        }

        _tape.Clear();
    }

    private static void SetGradient(Tensor tensor, Tensor gradient)
    {
        gradient.Slot.Readers++;
        tensor.Slot.Gradient = gradient;
    }
}
