namespace GptSharp.Data.Datasets;

/// <summary>How a text was divided into training, validation and test.</summary>
public enum SplitKind
{
    /// <summary>The first part trains, the next validates, the last tests.</summary>
    Position,

    /// <summary>Whole documents, by the hash of their content.</summary>
    Documents,

    /// <summary>As somebody else divided it, who made the tokens.</summary>
    Given,
}
