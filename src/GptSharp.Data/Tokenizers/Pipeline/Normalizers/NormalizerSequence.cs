namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>One after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public byte[] Normalize(byte[] text) => steps.Aggregate(text, (current, step) => step.Normalize(current));
}
