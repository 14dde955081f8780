using GptSharp.Data.Sampling;
using GptSharp.Data.Stories;

namespace GptSharp.Training.Configuration;

/// <summary>The <c>data:</c> section: what to learn from, and how it is cut into blocks.</summary>
public sealed record DataSection
{
    /// <summary>The built-in corpus: <see cref="Name"/> of a run that needs no file.</summary>
    public const string BuiltInCorpus = "stories";

    /// <summary>Name of the data set.</summary>
    public string Name { get; init; } = BuiltInCorpus;

    /// <summary>Where the prepared data set lies; null for <c>data/NAME</c>, or for the built-in corpus made afresh.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the text is the built-in corpus of stories, each of which ends with a line feed.</summary>
    public bool IsBuiltIn => Name == BuiltInCorpus && Path is null && Mixture.Items.Count == 0;

    /// <summary>Prepared data sets that are learnt from together, in place of one.</summary>
    public MixtureList Mixture { get; init; } = MixtureList.None;

    /// <summary>Text of the token that begins a document; null for the line feed of the built-in corpus, and elsewhere for the one that the data set was prepared with.</summary>
    public string? Separator { get; init; }

    /// <summary><see cref="Separator"/>, or the built-in corpus's; null for none.</summary>
    public string? EffectiveSeparator => Separator ?? (IsBuiltIn ? StorySplit.Separator.ToString() : null);

    /// <summary>How text becomes tokens: <c>char</c>, <c>byte</c>, the kind of a prepared data set's tokenizer, or a tokenizer's path.</summary>
    public string Tokenizer { get; init; } = "char";

    /// <summary>Where blocks start.</summary>
    public BlockAlignment Alignment { get; init; } = BlockAlignment.Stream;

    /// <summary>Share of the text kept for validation; null for the one that a data set was prepared with, and for a tenth of a text.</summary>
    public double? ValidationShare { get; init; }

    /// <summary>Share of the text kept for a final test; null for the one that a data set was prepared with, and for none of a text.</summary>
    public double? TestShare { get; init; }

    /// <summary><see cref="ValidationShare"/> of a text that is not prepared yet.</summary>
    public double EffectiveValidationShare => ValidationShare ?? 0.1;

    /// <summary><see cref="TestShare"/> of a text that is not prepared yet.</summary>
    public double EffectiveTestShare => TestShare ?? 0;

    /// <summary>Seed of the built-in corpus.</summary>
    public ulong StoriesSeed { get; init; } = 1;

    /// <summary>Length of the built-in corpus, in characters.</summary>
    public long StoriesCharacters { get; init; } = 4_000_000;
}
