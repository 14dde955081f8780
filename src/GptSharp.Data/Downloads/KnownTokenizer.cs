namespace GptSharp.Data.Downloads;

/// <summary>A tokenizer that <c>gptsharp tokenizer get</c> downloads by name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it is.</param>
/// <param name="Source">The folder in which it is published, with a slash at the end.</param>
/// <param name="Files">Names and SHA-256 of its files; all of them are needed.</param>
public sealed record KnownTokenizer(string Name, string Title, Uri Source, IReadOnlyList<(string Name, string Sha256)> Files)
{
    private static readonly Uri Encodings = new("https://openaipublic.blob.core.windows.net/encodings/");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KnownTokenizer> All { get; } =
    [
        new("gpt2", "GPT-2 and GPT-3", new Uri("https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"),
        [
            ("encoder.json", "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"),
            ("vocab.bpe", "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"),
        ]),
        new("cl100k_base", "GPT-3.5 and GPT-4", Encodings,
            [("cl100k_base.tiktoken", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7")]),
        new("o200k_base", "GPT-4o", Encodings,
            [("o200k_base.tiktoken", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d")]),
    ];

    /// <summary>Where it goes unless told otherwise.</summary>
    public string DefaultFolder => $"tokenizers/{Name}";

    /// <summary>The one of that name, or null.</summary>
    public static KnownTokenizer? Find(string name) => All.FirstOrDefault(known => known.Name == name);
}
