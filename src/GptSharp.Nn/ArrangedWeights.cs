using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <summary>Weights that lie in the backend's own order until this is disposed.</summary>
internal sealed class ArrangedWeights : IDisposable
{
    private readonly IBackend _backend;
    private readonly Stack<Tensor> _arranged = new();

    public ArrangedWeights(IBackend backend, IEnumerable<Tensor> weights)
    {
        _backend = backend;
        foreach (Tensor weight in weights)
        {
            if (backend.Arrange(weight))
            {
                _arranged.Push(weight);
            }
        }
    }

    public void Dispose()
    {
        while (_arranged.TryPop(out Tensor weight))
        {
            _backend.Restore(weight);
        }
    }
}
