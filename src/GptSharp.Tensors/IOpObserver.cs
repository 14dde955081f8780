namespace GptSharp.Tensors;

/// <summary>
/// Sees every operation of an engine's steps pass the funnel <see cref="Step.Run"/>: for profiles, for the hunt for numbers that are not
/// finite, for tests. It is called on the engine's thread, which waits for it.
/// </summary>
public interface IOpObserver
{
    /// <summary>An operation's operands are checked, and it is about to run.</summary>
    /// <param name="info">The operation.</param>
    /// <param name="operands">Its operands, outputs first.</param>
    void OnStarting(OpInfo info, in TensorList operands);

    /// <summary>The operation has run. On a device that computes asynchronously its outputs may not be there yet.</summary>
    /// <param name="info">The operation.</param>
    /// <param name="operands">Its operands, outputs first.</param>
    /// <param name="cost">What it costs.</param>
    /// <param name="isReplay">Whether backward computes again what forward did not keep.</param>
    void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay);
}
