namespace GptSharp.Files;

/// <summary>Files of Python's pickle, in which PyTorch stores weights unless told otherwise. They are never read.</summary>
public static class PickleFile
{
    // Not .bin, which files of every kind end with.
    private static readonly string[] Endings = [".pt", ".pth", ".pkl", ".ckpt", ".pickle"];

    /// <summary>Whether a file's name ends as such files' names do.</summary>
    public static bool IsNamedLikeOne(string path) => Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a file begins as PyTorch's archives (ZIP) or bare pickles of protocol 2 and later do.</summary>
    public static bool BeginsLikeOne(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8) || start is [0x80, >= 2 and <= 5, ..];

    /// <summary>Whether a file is one by its first bytes, or else by its name: the oldest protocols begin with anything.</summary>
    public static bool IsOne(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return BeginsLikeOne(start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]) || IsNamedLikeOne(path);
    }

    /// <summary>Why it is refused, and the way out.</summary>
    public static RefusedFileException Refusal(string path) => new(
        path,
        "it is a pickle, which is a program: whoever reads one runs whatever its writer put in, so it is not read here. Save the model as safetensors "
        + "where you trust the file: in Python, AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(OTHER, safe_serialization=True), "
        + "or safetensors.torch.save_file(torch.load(FILE, weights_only=True), \"model.safetensors\").");
}
