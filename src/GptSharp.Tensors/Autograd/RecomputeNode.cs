namespace GptSharp.Tensors.Autograd;

/// <summary>
/// A whole scope on the tape as one node: only its inputs are saved; backward runs the body again, this time recording, and
/// then runs that record backward (Chen et al. 2016, arXiv:1604.06174).
/// </summary>
internal sealed class RecomputeNode : Node
{
    private ScopeBody _body;
    private Tensor _output;

    public override Tensor Output => _output;

    public override TensorList Saved => _body.Inputs;

    public void Hold(Tensor output, in ScopeBody body) => (_output, _body) = (output, body);

    public override void Backward(Step step) => step.ReplayBackward(_output, _body);
}
