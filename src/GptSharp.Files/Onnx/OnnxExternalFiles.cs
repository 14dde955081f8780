using System.Globalization;

namespace GptSharp.Files.Onnx;

/// <summary>
/// The files beside a model that hold bytes of its tensors. A place outside of the model's folder, whether by its name or by a link, is
/// refused: whoever opens a model does not expect it to read anything else.
/// </summary>
/// <param name="path">The model's file.</param>
internal sealed class OnnxExternalFiles(string path)
{
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    private readonly Dictionary<string, long> _lengths = new(StringComparer.Ordinal);

    /// <summary>Names of the files, in the order in which they were met.</summary>
    public IEnumerable<string> Names => _lengths.Keys;

    /// <summary>Checks what a tensor says about its place.</summary>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="entries">Keys and values of its external data.</param>
    /// <param name="bytes">Bytes of its elements.</param>
    /// <exception cref="RefusedFileException">It is no place, not in the folder, or does not have so many bytes.</exception>
    public ExternalPlace Place(string tensor, IReadOnlyDictionary<string, string> entries, long bytes)
    {
        string file = entries.GetValueOrDefault("location") ?? throw Refused(tensor, "has no location");
        long offset = Number(tensor, entries, "offset", absent: 0);
        long length = Number(tensor, entries, "length", absent: bytes);
        long there = Length(tensor, file);
        if (length != bytes)
        {
            throw Refused(tensor, $"has {length} bytes, but {bytes} are needed");
        }

        return offset <= there && bytes <= there - offset ? new ExternalPlace(file, offset, bytes) : throw Refused(
            tensor, $"has {bytes} bytes from byte {offset} of '{file}' on, which has only {there}");
    }

    /// <summary>The path of a file that has been checked.</summary>
    public string FullPath(string file) => Path.Combine(_folder, file);

    private long Length(string tensor, string file)
    {
        if (_lengths.TryGetValue(file, out long known))
        {
            return known;
        }

        string[] parts = file.Split('/');
        if (file.Contains('\\', StringComparison.Ordinal) || file.Contains('\0', StringComparison.Ordinal) || Path.IsPathRooted(file)
            || Array.Exists(parts, part => part.Length == 0 || part is "." or ".." || part.Contains(':', StringComparison.Ordinal)))
        {
            throw Refused(tensor, $"is at '{file}', which is no name within the model's folder");
        }

        string place = _folder;
        foreach (string part in parts)
        {
            place = Path.Combine(place, part);
            if (new FileInfo(place).LinkTarget is not null)
            {
                throw Refused(tensor, $"is at '{file}', which is a link; put the file itself there");
            }
        }

        return _lengths[file] = File.Exists(place) ? new FileInfo(place).Length : throw Refused(tensor, $"is at '{file}', and there is no such file");
    }

    private long Number(string tensor, IReadOnlyDictionary<string, string> entries, string key, long absent) =>
        !entries.TryGetValue(key, out string? text) ? absent
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value
        : throw Refused(tensor, $"has the {key} '{text}', which is no whole number");

    private RefusedFileException Refused(string tensor, string problem) => new(path, $"the external data of tensor '{tensor}' {problem}.");
}
