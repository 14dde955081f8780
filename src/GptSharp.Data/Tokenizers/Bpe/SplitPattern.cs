namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// How text is cut into pieces before byte-pair encoding, which never merges across a cut. The names are those of the models that brought the pattern;
/// <see cref="SplitPatterns.RegexOf"/> gives the regular expression that each of them means.
/// </summary>
public enum SplitPattern
{
    /// <summary>No cut: the text is one piece.</summary>
    None,

    /// <summary>GPT-2 and GPT-3: words, numbers and punctuation, each with one space before it.</summary>
    Gpt2,

    /// <summary>GPT-4 (cl100k_base): contractions in any case, numbers three digits at a time, line ends on their own.</summary>
    Cl100k,

    /// <summary>GPT-4o (o200k_base): as cl100k, and a word also ends where a capital follows a small letter; contractions stay with their word.</summary>
    O200k,

    /// <summary>Llama 3: the pattern of cl100k under its own name.</summary>
    Llama3,

    /// <summary>Qwen 2 and 3: as cl100k, with one digit at a time.</summary>
    Qwen2,
}
