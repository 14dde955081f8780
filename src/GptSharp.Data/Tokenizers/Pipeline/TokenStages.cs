using GptSharp.Data.Tokenizers.Pipeline.Decoders;
using GptSharp.Data.Tokenizers.Pipeline.Normalizers;
using GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

namespace GptSharp.Data.Tokenizers.Pipeline;

/// <summary>What a tokenizer does around its model.</summary>
internal sealed record TokenStages
{
    /// <summary>Changes a text between added tokens; null for nothing.</summary>
    public INormalizer? Normalizer { get; init; }

    /// <summary>Whether the normalizer leaves ASCII letters and line feeds alone, and what stands on one side of them ignorant of the other.</summary>
    public bool KeepsLineFeeds { get; init; } = true;

    /// <summary>Divide it, one after the other.</summary>
    public IReadOnlyList<IPreTokenizer> PreTokenizers { get; init; } = [];

    /// <summary>Put around the tokens on demand.</summary>
    public TokenTemplate Template { get; init; } = TokenTemplate.Empty;

    /// <summary>How tokens become text again; null puts spaces between them.</summary>
    public IReadOnlyList<DecoderStep>? Decoder { get; init; }

    /// <summary>The stages as the file has them, for writing it again.</summary>
    public required StageTexts Texts { get; init; }
}

/// <summary>The stages of a tokenizer as JSON texts; <c>null</c> where there is none.</summary>
/// <param name="Normalizer">What changes the text.</param>
/// <param name="PreTokenizer">What divides it.</param>
/// <param name="PostProcessor">What puts tokens around it.</param>
/// <param name="Decoder">What turns tokens into text.</param>
internal sealed record StageTexts(string Normalizer, string PreTokenizer, string PostProcessor, string Decoder);
