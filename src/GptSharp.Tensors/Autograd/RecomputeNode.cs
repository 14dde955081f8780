namespace GptSharp.Tensors.Autograd;

/// <summary>
/// A whole scope on the tape as one node: only its input is saved; backward runs the body again, this time recording, and
/// then runs that record backward (Chen et al. 2016, arXiv:1604.06174).
/// </summary>
internal sealed class RecomputeNode : Node
{
    private Func<Tensor, Tensor> _body = null!;
    private Tensor _input;
    private Tensor _output;

    public override Tensor Output => _output;

    public override TensorList Saved => new(_input);

    public void Hold(Tensor output, Tensor input, Func<Tensor, Tensor> body)
    {
        _output = output;
        _input = input;
        _body = body;
    }

    public override void Backward(Step step) => step.ReplayBackward(_output, _input, _body);
}
