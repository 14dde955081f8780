namespace GptSharp.Tensors.Autograd;

/// <summary>A computation that a scope runs, and perhaps runs again, with the one or two tensors that it is given.</summary>
internal readonly struct ScopeBody
{
    private readonly Func<Tensor, Tensor>? _ofOne;
    private readonly Func<Tensor, Tensor, Tensor>? _ofTwo;
    private readonly Tensor _first;
    private readonly Tensor _second;

    public ScopeBody(Func<Tensor, Tensor> body, Tensor input)
    {
        _ofOne = body;
        _first = input;
    }

    public ScopeBody(Func<Tensor, Tensor, Tensor> body, Tensor first, Tensor second)
    {
        _ofTwo = body;
        (_first, _second) = (first, second);
    }

    /// <summary>What it is given.</summary>
    public TensorList Inputs => _ofTwo is null ? new(_first) : new(_first, _second);

    public Tensor Run() => _ofTwo is null ? _ofOne!(_first) : _ofTwo(_first, _second);

    /// <summary>Whether it returned what it was given.</summary>
    public bool IsInput(Tensor output) => output == _first || (_ofTwo is not null && output == _second);
}
