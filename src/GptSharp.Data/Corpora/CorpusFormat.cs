namespace GptSharp.Data.Corpora;

/// <summary>What a file of a corpus holds.</summary>
public enum CorpusFormat
{
    /// <summary>Text in UTF-8.</summary>
    Text,

    /// <summary>A JSON object on each line, one of whose fields is the text of a document.</summary>
    JsonLines,
}
