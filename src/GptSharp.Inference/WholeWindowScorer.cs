using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Inference;

/// <summary>Without a cache: runs the whole window of each sequence, one sequence after the other. The measure for the cached one.</summary>
internal sealed class WholeWindowScorer(Gpt model) : IScorer
{
    private readonly ScoreBuffer _buffer = new();

    public void Score(IReadOnlyList<Sequence> sequences, ReceiveScores receive)
    {
        foreach (Sequence sequence in sequences)
        {
            ReadOnlySpan<int> window = sequence.Tokens[ContextWindow.Start(sequence.Length, model.Config.BlockSize)..];
            using Step step = model.Engine.BeginStep(StepOptions.Evaluate);
            Tensor scores = model.Forward(step.Input(window, (1, window.Length)));      // (1, T, Vp)
            Tensor last = Ops.Embedding(step.Input([window.Length - 1], 1), scores);    // (1, Vp)
            receive(sequence, _buffer.Download(last));
        }
    }

    public void Dispose()
    {
    }
}
