using GptSharp.Data;
using GptSharp.Data.Downloads;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Input;

/// <summary>Data sets that <c>gptsharp data</c> prepared.</summary>
internal static class PreparedData
{
    /// <summary>Opens the folder that a configuration names.</summary>
    /// <exception cref="CorpusException">It is not there; the sentence says how to get it.</exception>
    public static TrainingData Open(DataSection section)
    {
        string folder = section.Path ?? Path.Combine("data", section.Name);
        throw new CorpusException(
            KnownDataset.Find(section.Name) is { } known && section.Path is null
                ? $"The data set {section.Name} is not in {folder}; get it with: gptsharp data get {known.Name}"
                : $"The data set {section.Name} is not in {folder}; prepare it with: gptsharp data prepare TEXT --out {folder}");
    }
}
