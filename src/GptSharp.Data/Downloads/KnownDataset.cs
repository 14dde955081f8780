namespace GptSharp.Data.Downloads;

/// <summary>A text that <c>gptsharp data get</c> downloads by name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it is.</param>
/// <param name="Source">Where it is published.</param>
/// <param name="Sha256">SHA-256 of the published file, 64 lower-case hexadecimal digits.</param>
public sealed record KnownDataset(string Name, string Title, Uri Source, string Sha256)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<KnownDataset> All { get; } =
    [
        new(
            "tinyshakespeare",
            "40,000 lines from Shakespeare's plays, as Andrej Karpathy chose them in 2015",
            new Uri("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"),
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
    ];

    /// <summary>Where configurations look for the prepared data set, <c>data/NAME</c>.</summary>
    public string DefaultFolder => $"data/{Name}";

    /// <summary>The one of that name, or null.</summary>
    public static KnownDataset? Find(string name) => All.FirstOrDefault(known => known.Name == name);
}
