using System.Text.Json.Nodes;
using GptSharp.Files;

namespace GptSharp.Cli.Inspection;

/// <summary>What <c>gptsharp inspect</c> found.</summary>
/// <param name="Format">The kind of file or folder.</param>
/// <param name="Metadata">Everything that it says beside its tensors.</param>
/// <param name="Files">The files that hold its tensors, which are closed with this.</param>
/// <param name="Facts">Lines for people, below the path: a heading and what stands beside it.</param>
/// <param name="Problem">Why it is refused all the same, although its tensors could be listed; null if it is sound.</param>
internal sealed record Inspected(
    string Format,
    JsonObject Metadata,
    IReadOnlyList<ITensorFile> Files,
    IReadOnlyList<(string Heading, string Text)> Facts,
    RefusedFileException? Problem = null) : IDisposable
{
    /// <summary>All tensors, each with the file that holds it.</summary>
    public IEnumerable<(ITensorFile File, TensorInfo Tensor)> Tensors => Files.SelectMany(file => file.Tensors.Select(tensor => (file, tensor)));

    public void Dispose()
    {
        foreach (ITensorFile file in Files)
        {
            file.Dispose();
        }
    }
}
