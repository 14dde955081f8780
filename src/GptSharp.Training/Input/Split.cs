namespace GptSharp.Training.Input;

/// <summary>A part of a data set; no text is in two of them.</summary>
public enum Split
{
    /// <summary>What a model learns from.</summary>
    Training,

    /// <summary>What it is judged by while it learns.</summary>
    Validation,

    /// <summary>What it is judged by at the end.</summary>
    Test,
}
