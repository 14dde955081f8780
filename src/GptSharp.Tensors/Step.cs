using GptSharp.Tensors.Autograd;
using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors;

/// <summary>
/// One forward and backward pass: the memory of its activations, its tape, and the one funnel through which every operation
/// reaches the backend. <c>using Step step = engine.BeginStep();</c>: leaving it makes all its tensors stale at once.
/// </summary>
public sealed partial class Step : IDisposable
{
    private readonly List<Tensor> _created = [];
    private readonly Dictionary<string, Tensor> _watched = [];
    private readonly StepArena _arena;
    private bool _isOpen;

    internal Step(Engine engine)
    {
        Engine = engine;
        _arena = new StepArena(engine);
    }

    /// <summary>The engine the step runs on.</summary>
    public Engine Engine { get; }

    /// <summary>What the step is for: its random keys, and whether dropout is on.</summary>
    public StepOptions Options { get; private set; }

    /// <summary>Activations that were pinned by <see cref="Watch"/>, by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Watched => _watched;

    /// <summary>Bytes in live activations and gradients now.</summary>
    public long LiveBytes => _arena.LiveBytes;

    /// <summary>The most bytes that were ever live at once in this step's arena.</summary>
    public long PeakBytes => _arena.PeakBytes;

    internal StepArena Arena => _arena;

    /// <summary>Ends the step. All its tensors become stale.</summary>
    /// <exception cref="TensorException">A step that was opened inside this one is still open.</exception>
    public void Dispose()
    {
        if (!_isOpen)
        {
            return;
        }

        Engine.End(this); // throws if a step inside is still open: then this one stays open as well
        _isOpen = false;
        ClearTape();
        _created.Clear();
        _watched.Clear();
        _arena.Rewind();
    }

    /// <summary>A tensor for an operation to write; its values are undefined until then.</summary>
    public Tensor New(Shape shape, DType type)
    {
        Tensor tensor = _arena.New(shape, type, null);
        tensor.Slot.InScope = true;
        _created.Add(tensor);
        return tensor;
    }

    /// <summary>Brings values in; the tensor lives until the step ends.</summary>
    /// <param name="values">All elements, row-major.</param>
    /// <param name="shape">Axis lengths; their product is the number of values.</param>
    /// <param name="requiresGradient">Whether backward shall compute a gradient for it.</param>
    public Tensor Input(ReadOnlySpan<float> values, Shape shape, bool requiresGradient = false) =>
        Input(values, shape, DType.F32, requiresGradient);

    /// <inheritdoc cref="Input(ReadOnlySpan{float}, Shape, bool)"/>
    public Tensor Input(ReadOnlySpan<double> values, Shape shape, bool requiresGradient = false) =>
        Input(values, shape, DType.F64, requiresGradient);

    /// <summary>Brings values in as another storage type than the one they have on the host; the tensor lives until the step ends.</summary>
    /// <param name="values">All elements, row-major, rounded to <paramref name="type"/>.</param>
    /// <param name="shape">Axis lengths; their product is the number of values.</param>
    /// <param name="type">Storage type.</param>
    /// <param name="gradientType">Storage type of the gradient that backward computes for it; null for none.</param>
    public Tensor Input(ReadOnlySpan<double> values, Shape shape, DType type, DType? gradientType = null)
    {
        Tensor tensor = NewInput(shape, type, gradientType);
        tensor.UploadDoubles(values);
        return tensor;
    }

    /// <summary>Brings tokens, targets or positions in; the tensor lives until the step ends.</summary>
    public Tensor Input(ReadOnlySpan<int> values, Shape shape) => Input(values, shape, DType.I32, false);

    /// <summary>
    /// Runs <paramref name="body"/> and recycles every buffer that it made, but for the one it returns, those saved for
    /// backward and those watched.
    /// </summary>
    /// <param name="body">The computation; what it reads is its argument, parameters and pinned tensors only.</param>
    /// <param name="input">The argument of <paramref name="body"/>.</param>
    /// <param name="recompute">
    /// Keeps nothing for backward but <paramref name="input"/>; backward runs the body again. Saves memory for about a third
    /// more time, and changes no bit of the result.
    /// </param>
    public Tensor Scope(Func<Tensor, Tensor> body, Tensor input, bool recompute = false) =>
        Scope(new ScopeBody(body, input), recompute);

    /// <inheritdoc cref="Scope(Func{Tensor, Tensor}, Tensor, bool)"/>
    /// <param name="body">The computation; what it reads is its two arguments, parameters and pinned tensors only.</param>
    /// <param name="first">The first argument of <paramref name="body"/>.</param>
    /// <param name="second">The second.</param>
    /// <param name="recompute">Keeps nothing for backward but the two arguments.</param>
    public Tensor Scope(Func<Tensor, Tensor, Tensor> body, Tensor first, Tensor second, bool recompute = false) =>
        Scope(new ScopeBody(body, first, second), recompute);

    /// <summary>
    /// Pins an activation and its gradient under a name until the step ends, for teaching and debugging. Returns it unchanged.
    /// In a scope that is recomputed, <see cref="Watched"/> holds the second computation's tensor after backward.
    /// </summary>
    /// <exception cref="TensorException">Another tensor of the step has the name.</exception>
    public Tensor Watch(Tensor tensor, string name)
    {
        ref Slot slot = ref tensor.Slot;
        if (tensor.Arena != _arena)
        {
            return tensor; // it outlives the step anyway
        }

        if (!_watched.TryAdd(name, tensor) && _watched[name] != tensor)
        {
            if (!_replaying)
            {
                throw new TensorException($"Watch: the step watches another tensor named \"{name}\" already; choose another name.");
            }

            _watched[name] = tensor; // only the replayed one meets its gradient
        }

        slot.Pinned = true;
        slot.Name = name;
        return tensor;
    }

    /// <summary>Copies a tensor out of the step into a longer-lived arena.</summary>
    public Tensor Keep(Tensor tensor, SessionArena arena)
    {
        Tensor copy = arena.New(tensor.Shape, tensor.DType, tensor.Name);
        Run(new CopyOp(copy, tensor));
        return copy;
    }

    /// <summary>The one funnel: checks the operands, executes on the backend, accounts. Does not record.</summary>
    public void Run<TOp>(in TOp op)
        where TOp : struct, IOp
    {
        TensorList operands = op.Operands;
        TOp.Info.Check(operands, Engine.Backend);
        if (Engine.Backend.HoldsArrangedWeights)
        {
            TOp.Info.CheckOrder(operands, Engine.Backend);
        }

        for (int i = 0; i < TOp.Info.OutputCount; i++)
        {
            if (operands[i].Arena is StepArena)
            {
                operands[i].Slot.Producer ??= TOp.Info.Name;
            }
        }

        IOpObserver? observer = Engine.Observer;
        observer?.OnStarting(TOp.Info, operands);
        if (Engine.Options.IsDryRun)
        {
            Engine.Backend.Reserve(op);
        }
        else
        {
            Execute(op);
        }

        observer?.OnFinished(TOp.Info, operands, op.Cost, _replaying);
    }

    /// <summary>
    /// Says that the caller needs a tensor no more: its buffer goes back as soon as backward does not need it either, instead of at the
    /// end of the scope. In a step that records nothing, that is at once.
    /// </summary>
    public void Release(Tensor tensor) => LeaveScope(tensor);

    internal void Begin(StepOptions options)
    {
        Options = options;
        _isOpen = true;
        _recording = options.RecordGradients;
        _replaying = false;
        _isBackward = false;
        _unit = Tensor.None;
    }

    /// <summary>
    /// Some elements of a tensor, which lie together, as one without memory of its own; to be released before the tensor is.
    /// </summary>
    internal Tensor Part(Tensor owner, long first, Shape shape) => _arena.Part(owner, first, shape);

    // A backend that has no room for its scratch memory does not know who else holds what.
    private void Execute<TOp>(in TOp op)
        where TOp : struct, IOp
    {
        try
        {
            op.Execute(Engine.Backend);
        }
        catch (OutOfDeviceMemoryException refused) when (refused.Report is null)
        {
            throw new OutOfDeviceMemoryException(refused.Requested, refused.Limit, Engine.ReportMemory(), refused);
        }
    }

    private Tensor Input<T>(ReadOnlySpan<T> values, Shape shape, DType type, bool requiresGradient)
        where T : unmanaged
    {
        Tensor tensor = NewInput(shape, type, requiresGradient ? type : null);
        tensor.Upload(values);
        return tensor;
    }

    private Tensor NewInput(Shape shape, DType type, DType? gradientType)
    {
        Tensor tensor = _arena.New(shape, type, null);
        ref Slot slot = ref tensor.Slot;
        slot.Pinned = true;
        slot.RequiresGradient = gradientType is not null;
        slot.GradientType = gradientType ?? type;
        return tensor;
    }

    private Tensor Scope(in ScopeBody body, bool recompute) => recompute && _recording ? RunForRecompute(body) : RunScope(body);

    private Tensor RunScope(in ScopeBody body)
    {
        int first = _created.Count;
        Tensor output = body.Run();
        bool outputIsOurs = false;
        for (int i = first; i < _created.Count; i++)
        {
            if (_created[i] == output)
            {
                outputIsOurs = true;
            }
            else if (_arena.Holds(_created[i]))
            {
                _created[i].Slot.InScope = false;
                _arena.Recycle(_created[i]);
            }
        }

        _created.RemoveRange(first, _created.Count - first);
        if (outputIsOurs)
        {
            _created.Add(output);
            output.Slot.PreActivation = Tensor.None; // readers would not know it if the scope were recomputed: nor shall they now
        }

        return output;
    }
}
