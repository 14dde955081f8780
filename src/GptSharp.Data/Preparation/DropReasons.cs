using GptSharp.Data.Datasets;
using GptSharp.Data.Filters;

namespace GptSharp.Data.Preparation;

/// <summary>Why a document may be dropped, numbered from 1 in the order in which the reasons are looked at.</summary>
internal sealed class DropReasons
{
    /// <summary>Number of <c>empty</c>.</summary>
    public const short Empty = 1;

    /// <summary>Number of <c>unreadable</c>.</summary>
    public const short Unreadable = 2;

    /// <summary>Number of the first filter.</summary>
    public const short FirstFilter = 3;

    private readonly List<(string Name, string Rule)> _all =
    [
        ("empty", "has text"),
        ("unreadable", "can be read: UTF-8, and in JSON lines an object with a text"),
    ];

    public DropReasons(DatasetOptions options)
    {
        _all.AddRange(options.Filters.Select((DocumentFilter filter) => (filter.Name, filter.Rule)));
        Duplicate = (short)(_all.Count + 1);
        _all.Add(("exact-duplicates", "is not equal, character by character, to an earlier document"));
        NearDuplicate = (short)(_all.Count + 1);
        _all.Add((
            "near-duplicates",
            FormattableString.Invariant($"Broder 1997: MinHash similarity to any earlier document below {options.NearDuplicateThreshold ?? 1}, by all 5 words in a row")));
    }

    /// <summary>Number of exact copies.</summary>
    public short Duplicate { get; }

    /// <summary>Number of near copies.</summary>
    public short NearDuplicate { get; }

    /// <summary>How many there are.</summary>
    public int Count => _all.Count;

    /// <summary>Name of a reason: that of the filter.</summary>
    public string Name(int reason) => _all[reason - 1].Name;

    /// <summary>What a document must be like, so as not to be dropped for it.</summary>
    public string Rule(int reason) => _all[reason - 1].Rule;
}
