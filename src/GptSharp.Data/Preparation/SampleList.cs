namespace GptSharp.Data.Preparation;

/// <summary>The first few documents that were dropped for each reason.</summary>
internal sealed class SampleList
{
    /// <summary>Samples for each reason.</summary>
    public const int Most = 5;

    private readonly List<DroppedSample>[] _samples;

    public SampleList(int reasons, IReadOnlyList<IReadOnlyList<DroppedSample>> known) =>
        _samples = [.. Enumerable.Range(0, reasons).Select(reason => reason < known.Count ? known[reason].ToList() : [])];

    /// <summary>Adds a sample, unless there are enough.</summary>
    public void Add(int reason, DroppedSample sample)
    {
        if (_samples[reason - 1].Count < Most)
        {
            _samples[reason - 1].Add(sample);
        }
    }

    /// <summary>All of them, by reason.</summary>
    public IReadOnlyList<IReadOnlyList<DroppedSample>> ToLists() => [.. _samples.Select(list => (IReadOnlyList<DroppedSample>)[.. list])];
}
