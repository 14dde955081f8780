namespace GptSharp.Inference;

/// <summary>Takes the scores of a sequence's next token.</summary>
/// <param name="sequence">The sequence.</param>
/// <param name="scores">(Vp): those from the vocabulary size on are padding. Valid during the call.</param>
internal delegate void ReceiveScores(Sequence sequence, Scores scores);
