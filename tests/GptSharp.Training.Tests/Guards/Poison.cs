using GptSharp.Tensors;

namespace GptSharp.Training.Tests.Guards;

/// <summary>A fault: writes NaN into what one operation computes, whenever the n-th batch that the run has seen passes through it.</summary>
/// <param name="operation">Name of the operation.</param>
/// <param name="call">Which of its calls within a pass, from 0.</param>
/// <param name="batch">Which of the different batches, from 0.</param>
internal sealed class Poison(string operation, int call, int batch) : IOpObserver
{
    private readonly List<string> _batches = [];
    private bool _isPoisoned;
    private int _calls;

    public void OnStarting(OpInfo info, in TensorList operands)
    {
        if (info.Name != "embedding")
        {
            return;
        }

        string tokens = string.Join(' ', operands[1].ToDoubles());
        if (!_batches.Contains(tokens))
        {
            _batches.Add(tokens);
        }

        (_isPoisoned, _calls) = (_batches.IndexOf(tokens) == batch, 0);
    }

    public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
    {
        if (_isPoisoned && info.Name == operation && _calls++ == call)
        {
            double[] values = operands[0].ToDoubles();
            values[5] = double.NaN;
            operands[0].UploadDoubles(values);
        }
    }
}
