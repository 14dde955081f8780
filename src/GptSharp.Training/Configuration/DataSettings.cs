using GptSharp.Data.Sampling;
using static GptSharp.Training.Configuration.ResumeRule;
using static GptSharp.Training.Configuration.WholeFormat;

namespace GptSharp.Training.Configuration;

/// <summary>Keys of <c>data:</c>.</summary>
internal static class DataSettings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Make("name", "Data set: stories is built in; others are prepared by `gptsharp data`.",
            new TextFormat("the name of a data set", mayBeEmpty: false), s => s.Name, (s, value) => s with { Name = value }),
        Make("path", "Folder of the prepared data set; auto is data/NAME, and for stories a corpus made on the spot.",
            new OptionalTextFormat("a path", "auto"), s => s.Path, (s, value) => s with { Path = value }, Free),
        Make("mixture", "Prepared data sets to learn from together, in place of data.name and data.path. An epoch visits the blocks of each as often as its number behind a * says; or it visits as many blocks as there are, a share of each data set by its weight behind a =.",
            new MixtureFormat(), s => s.Mixture, (s, value) => s with { Mixture = value }),
        Make("tokenizer", "How text becomes tokens: one per character, one per byte, or by a tokenizer in a file. Of a prepared data set it must be the one that it was prepared with.",
            new TextFormat("char, byte, the path of a tokenizer's file or folder, or of a prepared data set also the kind of its tokenizer: bpe or unigram", mayBeEmpty: false), s => s.Tokenizer, (s, value) => s with { Tokenizer = value }),
        Make("separator", "Text of the token that begins a document, for model.document_mask; auto is the line feed before each built-in story, and the separator that a data set was prepared with.",
            new OptionalTextFormat("a text that is one token", "auto"), s => s.Separator, (s, value) => s with { Separator = value }),
        Make("alignment", "Where a block starts: anywhere in the stream of text, or at a document's first token; or whole documents packed so that blocks are full.",
            ChoiceFormat.Of<BlockAlignment>(), s => s.Alignment, (s, value) => s with { Alignment = value }),
        Make("validation_share", "Share of the text kept for validation; auto is what a data set was prepared with, and 0.1 of a text.",
            new OptionalFormat<double>(NumberFormat.Share, "auto"), s => s.ValidationShare, (s, value) => s with { ValidationShare = value }),
        Make("test_share", "Share of the text kept for a final test; auto is what a data set was prepared with, and 0 of a text.",
            new OptionalFormat<double>(NumberFormat.Share, "auto"), s => s.TestShare, (s, value) => s with { TestShare = value }),
        Make("stories_seed", "Seed of the built-in corpus.",
            Seed, s => s.StoriesSeed, (s, value) => s with { StoriesSeed = value }),
        Make("stories_characters", "Length of the built-in corpus, in characters.",
            LongCount, s => s.StoriesCharacters, (s, value) => s with { StoriesCharacters = value }),
    ];

    private static Setting<T> Make<T>(
        string name, string help, ValueFormat<T> format,
        Func<DataSection, T> read, Func<DataSection, T, DataSection> write, ResumeRule resume = Fixed) =>
        new("data." + name, help, resume, format,
            config => read(config.Data),
            (config, value) => config with { Data = write(config.Data, value) });
}
