namespace GptSharp.Tensors.Memory;

/// <summary>
/// The parameters of a model, and whatever goes with each of them (gradients, moments): one contiguous buffer each, in one
/// fixed order, so that the optimizer, clipping and checkpoints are single passes. Parameters are declared first and get
/// their memory together in <see cref="Commit"/>.
/// </summary>
public sealed class ModelArena : Arena
{
    // Elements: each parameter starts on a cache line whether stored in 4 bytes or in 8.
    private const int RowLength = 16;

    private readonly List<Parameter> _parameters = [];
    private readonly List<(nint Address, long Bytes)> _buffers = [];
    private long _elements;
    private int _rowLength = RowLength;

    internal ModelArena(Engine engine, Precision precision)
        : base(engine, "model")
    {
        Precision = precision;
    }

    /// <summary>How parameters and their gradients are stored.</summary>
    public Precision Precision { get; }

    /// <summary>Parameters in the order of their memory: tensors of two or more axes first, since weight decay is theirs.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <inheritdoc/>
    public override long Bytes => _buffers.Sum(buffer => buffer.Bytes);

    /// <summary>All values; null before <see cref="Commit"/>.</summary>
    public ParameterBuffer? Values { get; private set; }

    /// <summary>The master weights, of which <see cref="Values"/> are the rounding; null before <see cref="Commit"/>, and where the precision has none.</summary>
    public ParameterBuffer? MasterWeights { get; private set; }

    /// <summary>The most precise values there are: what is saved, exported and compared. Null before <see cref="Commit"/>.</summary>
    public ParameterBuffer? PreciseValues => MasterWeights ?? Values;

    /// <summary>All gradients; null unless <see cref="EnableGradients"/> was called.</summary>
    public ParameterBuffer? Gradients { get; private set; }

    /// <summary>Announces a parameter; it has no memory until <see cref="Commit"/>.</summary>
    public Parameter Declare(string name, Shape shape)
    {
        if (Values is not null)
        {
            throw new TensorException($"Parameter {name} was declared after the model's memory was laid out.");
        }

        var parameter = new Parameter(name, FillSlot(shape, Precision.Storage, name));
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Lays all declared parameters out in one buffer of zeros.</summary>
    /// <exception cref="TensorException">It was laid out before.</exception>
    public void Commit()
    {
        if (Values is not null)
        {
            throw new TensorException("The model's memory was laid out before; commit once, after the last parameter is declared.");
        }

        _parameters.Sort((left, right) => // List.Sort is unstable; ties are broken by declaration order
            (left.Value.Shape.Rank < 2, left.Value.SlotIndex).CompareTo((right.Value.Shape.Rank < 2, right.Value.SlotIndex)));
        foreach (Parameter parameter in _parameters)
        {
            parameter.Offset = _elements;
            _elements += (parameter.Value.Count + RowLength - 1) / RowLength * RowLength;
        }

        // An axis has an int's length, so beyond 34 thousand million elements rows are longer.
        while (_elements / _rowLength > int.MaxValue)
        {
            _rowLength *= RowLength;
            _elements = (_elements + _rowLength - 1) / _rowLength * _rowLength;
        }

        Tensor flat = NewFlat("values", Precision.Storage);
        foreach (Parameter parameter in _parameters)
        {
            parameter.Value.Slot.Address = AddressOf(flat, parameter);
        }

        Values = new ParameterBuffer("values", flat, _parameters.ToDictionary(p => p, p => p.Value));
        if (Precision.MasterWeights)
        {
            MasterWeights = NewBuffer("master weights", DType.F32);
            foreach (Parameter parameter in _parameters)
            {
                parameter.MasterWeights = MasterWeights[parameter];
            }
        }
    }

    /// <summary>Adds a gradient to every parameter; without it a model can only be run forward.</summary>
    public void EnableGradients()
    {
        if (Gradients is not null)
        {
            return;
        }

        Gradients = NewBuffer("gradients", Precision.ParameterGradients);
        foreach (Parameter parameter in _parameters)
        {
            parameter.Value.Slot.Gradient = Gradients[parameter];
            parameter.Value.Slot.RequiresGradient = true;
        }
    }

    /// <summary>After the master weights were overwritten: rounds every parameter's values from them anew.</summary>
    public void RoundMasterWeights()
    {
        foreach (Parameter parameter in MasterWeights is null ? [] : _parameters)
        {
            parameter.Value.UploadDoubles(parameter.MasterWeights.ToDoubles());
        }
    }

    /// <summary>
    /// A further buffer of zeros over all parameters, a moment of the optimizer for example, as precise as statistics are.
    /// </summary>
    /// <exception cref="TensorException">The parameters have no memory yet.</exception>
    public ParameterBuffer NewBuffer(string name) => NewBuffer(name, Precision.Storage.Statistics());

    /// <summary>Starts collecting a new gradient: the first write of each parameter's gradient will overwrite it.</summary>
    public void ClearGradients()
    {
        foreach (Parameter parameter in _parameters)
        {
            parameter.Value.Slot.GradientWritten = false;
        }
    }

    /// <summary>Writes zeros into the gradients that no backward pass has written, before a pass over all of them.</summary>
    public void CompleteGradients()
    {
        foreach (Parameter parameter in _parameters)
        {
            ref Slot slot = ref parameter.Value.Slot;
            if (!slot.GradientWritten)
            {
                Engine.Fill(slot.Gradient, 0);
                slot.GradientWritten = true;
            }
        }
    }

    private protected override void ReleaseMemory()
    {
        foreach ((nint address, long bytes) in _buffers)
        {
            Engine.Free(address, bytes);
        }

        _buffers.Clear();
    }

    private ParameterBuffer NewBuffer(string name, DType type)
    {
        if (Values is null)
        {
            throw new TensorException($"The buffer {name} was asked for before the model's memory was laid out; call Commit first.");
        }

        Tensor flat = NewFlat(name, type);
        var parts = new Dictionary<Parameter, Tensor>();
        foreach (Parameter parameter in _parameters)
        {
            Tensor part = FillSlot(parameter.Value.Shape, type, $"{name}.{parameter.Name}");
            SlotAt(part.SlotIndex).Address = AddressOf(flat, parameter);
            parts.Add(parameter, part);
        }

        return new ParameterBuffer(name, flat, parts);
    }

    private Tensor NewFlat(string name, DType type)
    {
        Tensor flat = FillSlot(((int)(_elements / _rowLength), _rowLength), type, name);
        long bytes = FreeList.Round(_elements * type.Size());
        nint address = Engine.Allocate(bytes);
        _buffers.Add((address, bytes));
        SlotAt(flat.SlotIndex).Address = address;
        Engine.Fill(flat, 0);
        return flat;
    }

    private static nint AddressOf(in Tensor flat, Parameter parameter) =>
        flat.Address + (nint)(parameter.Offset * flat.DType.Size());
}
