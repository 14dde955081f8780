using GptSharp.Data.Datasets;

namespace GptSharp.Data.Preparation;

/// <summary>What was decided about all documents of a corpus.</summary>
internal sealed record Decision
{
    /// <summary>How the corpus is divided.</summary>
    public required SplitKind Split { get; init; }

    /// <summary>Documents that are kept.</summary>
    public required long Documents { get; init; }

    /// <summary>Their characters.</summary>
    public required long Characters { get; init; }

    /// <summary>Divided by position: the first character that validates.</summary>
    public long FirstOfValidation { get; init; }

    /// <summary>Divided by position: the first character that tests.</summary>
    public long FirstOfTest { get; init; }

    /// <summary>Documents that are dropped, by reason.</summary>
    public required IReadOnlyList<long> DroppedDocuments { get; init; }

    /// <summary>Their characters, by reason.</summary>
    public required IReadOnlyList<long> DroppedCharacters { get; init; }

    /// <summary>Characters of each split.</summary>
    public IReadOnlyList<long> SplitCharacters { get; init; } = [];
}
