using System.Security.Cryptography;

namespace GptSharp.Files;

/// <summary>SHA-256 of files, as 64 lower-case hexadecimal digits.</summary>
public static class FileHash
{
    /// <summary>Reads the file from start to end.</summary>
    public static string Sha256(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
