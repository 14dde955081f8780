using System.IO.Hashing;
using System.Security.Cryptography;

namespace GptSharp.Files;

/// <summary>Hashes of whole files, in lower-case hexadecimal digits.</summary>
public static class FileHash
{
    private const int PieceBytes = 1 << 20;

    /// <summary>SHA-256, 64 digits: for files that come from somebody else.</summary>
    public static string Sha256(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>XXH3 of 128 bits, 32 digits, as <c>xxh128sum</c> prints them: against accidents, at the speed of memory.</summary>
    public static string XxHash128(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var hash = new XxHash128();
        var piece = new byte[PieceBytes];
        for (int count; (count = stream.Read(piece)) > 0;)
        {
            hash.Append(piece.AsSpan(0, count));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
