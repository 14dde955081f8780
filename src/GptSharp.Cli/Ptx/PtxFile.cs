using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Cli.Ptx;

/// <summary>A PTX file that a command is given.</summary>
internal static class PtxFile
{
    /// <summary>Its text.</summary>
    /// <exception cref="InvalidDataException">The source that lies where it belongs is not what it was compiled from.</exception>
    public static string Read(string path)
    {
        string text = File.ReadAllText(path).TrimEnd('\0');
        return KernelStamp.MismatchBesideSource(path, text) is { } mismatch ? throw new InvalidDataException($"{path}: {mismatch}") : text;
    }
}
