namespace GptSharp.Inference;

/// <summary>Runs the model for the next token of several sequences.</summary>
internal interface IScorer : IDisposable
{
    /// <summary>Scores every next token of the sequences.</summary>
    /// <param name="sequences">Those that are not finished, in order; from call to call, each has one token more, and some leave.</param>
    /// <param name="receive">Called once per sequence, in order, with its scores.</param>
    void Score(IReadOnlyList<Sequence> sequences, ReceiveScores receive);
}
